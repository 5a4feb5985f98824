"""NetCDF in and out, with netCDF4 on the other side."""

import netCDF4
import numpy as np
from osgeo import osr

from bench import UNKNOWN, noise
from exchange import Exchange

osr.UseExceptions()


class NetCdf(Exchange):
    def netcdf(self, name, variables, dimensions, coordinates=(), **options):
        """variables: name -> (array, dimensions, attributes); coordinates: dimension -> (values, attributes)."""
        with netCDF4.Dataset(self.path(name), "w", **options) as out:
            for dimension, size in dimensions.items():
                out.createDimension(dimension, size)
            for dimension, (values, attributes) in dict(coordinates).items():
                out.createVariable(dimension, np.asarray(values).dtype, (dimension,))[:] = values
                out[dimension].setncatts(attributes)
            for variable, (array, along, attributes) in variables.items():
                attributes = dict(attributes)
                extra = {k: attributes.pop(k) for k in ("chunksizes", "zlib", "fill_value") if k in attributes}
                made = out.createVariable(variable, array.dtype, along, **extra)
                made.set_auto_mask(False)
                made.set_auto_scale(False)
                made[:] = array
                made.setncatts(attributes)
        return self.path(name)

    def test_netcdf4_reads_what_terrane_exports(self):
        def read(path, lod):
            with netCDF4.Dataset(path) as file:
                material = file["material"]
                material.set_auto_mask(False)
                self.assertEqual(file.Conventions, "CF-1.9")
                self.assertEqual(material.dimensions, ("z", "y", "x"))
                self.assertEqual(material._FillValue, UNKNOWN)
                self.assertEqual(list(material.flag_values), [0, 1, 5, 700])
                self.assertEqual(material.flag_values.dtype, np.uint16)
                self.assertEqual(material.flag_meanings, "air fresh_water granite gneis_d_tz_")
                self.assertTrue(material.filters()["zlib"])
                self.assertEqual(file["x"].standard_name, "projection_x_coordinate")
                self.assertEqual(file["z"].positive, "up")
                crs = osr.SpatialReference()
                crs.ImportFromWkt(file[material.grid_mapping].crs_wkt)
                self.assertEqual(crs.GetAuthorityCode(None), "32632")
                shape, spacing = material.shape[::-1], np.array([20, 30, 5]) * 2 ** lod
                for axis, step in zip("xyz", spacing):  # a single cell has no neighbour to tell it
                    np.testing.assert_allclose(np.diff(file[axis][:]), step)
                self.assertEqual(shape, tuple(len(file[a]) for a in "xyz"))
                origin = [float(file[a][0]) - s / 2 for a, s in zip("xyz", spacing)]
                return material[:].transpose(2, 1, 0), origin, spacing
        self.check_exports("a.nc", read)

    def test_degrees_are_longitude_and_latitude(self):
        store = self.stored("globe.terrane", noise((36, 18, 2), 5), "--origin", "-180,-90,0", "--voxel-size", "10,10,1",
                            "--crs", "EPSG:4326", "--wrap-x")
        path, _ = self.export(store, "globe.nc", ((30, 40), (0, 18), (0, 2)))  # across the seam
        with netCDF4.Dataset(path) as file:
            self.assertEqual((file["x"].standard_name, file["x"].units), ("longitude", "degrees_east"))
            self.assertEqual((file["y"].standard_name, file["y"].units), ("latitude", "degrees_north"))
            np.testing.assert_allclose(file["x"][:], np.arange(125, 225, 10))
        np.testing.assert_array_equal(self.bring(path, (10, 18, 2)), self.read(store, ((30, 40), (0, 18), (0, 2))))

    def test_terrane_reads_every_integer_type(self):
        world = noise((50, 40, 7), 6, 100)
        rows = np.ascontiguousarray(world.transpose(2, 1, 0))
        dims = {"z": 7, "y": 40, "x": 50}
        for format, dtypes in (("NETCDF4", "i1 u1 i2 u2 i4 u4 i8 u8"), ("NETCDF3_CLASSIC", "i1 i2 i4"),
                               ("NETCDF3_64BIT_OFFSET", "i1 i2"), ("NETCDF4_CLASSIC", "i4")):
            for dtype in dtypes.split():
                with self.subTest(dtype=dtype, format=format):
                    file = self.netcdf("a.nc", {"class": (rows.astype(dtype), ("z", "y", "x"), {})}, dims, format=format)
                    np.testing.assert_array_equal(self.bring(file, world.shape), world)

    def test_axes_are_turned_and_told_apart(self):
        world = noise((30, 20, 6), 7)
        rows = world.transpose(2, 1, 0)  # z, y, x: all ascending
        up, down = np.arange(6) * 5.0, {"positive": "down", "units": "m"}
        lat, lon = np.arange(20) - 10.0, np.arange(30) * 1.0
        cases = {
            "latitude from the north": (rows[:, ::-1], "zyx", {"y": (lat[::-1], {"standard_name": "latitude"})}),
            "depth": (rows[::-1], "zyx", {"z": (up, down)}),
            "depth, the deepest first": (rows, "zyx", {"z": (up[::-1], down)}),
            "height from the top": (rows[::-1], "zyx", {"z": (up[::-1], {"positive": "up"})}),
            "from the east": (rows[:, :, ::-1], "zyx", {"x": (lon[::-1], {})}),
            "all three": (rows[::-1, ::-1, ::-1], "zyx",
                          {"z": (up, down), "y": (lat[::-1].astype("i4"), {}), "x": (lon[::-1], {})}),
            "x first": (world, "xyz", {}),
            "by attributes": (rows.transpose(1, 2, 0), ("a", "b", "c"),
                              {"a": (lat, {"axis": "Y"}), "b": (lon, {"axis": "X"}), "c": (up, {"axis": "Z"})}),
            "by units": (rows, ("c", "a", "b"), {"a": (lat, {"units": "degrees_north"}),
                                                  "b": (lon, {"units": "degrees_east"})}),
            "without names": (rows, ("p", "q", "r"), {}),
        }
        for name, (array, along, coordinates) in cases.items():
            for chunks in (None, (4, 7, 5)):
                with self.subTest(case=name, chunks=chunks):
                    more = {"chunksizes": chunks, "zlib": True} if chunks else {}
                    file = self.netcdf("a.nc", {"label": (array, tuple(along), more)}, dict(zip(along, array.shape)),
                                       coordinates)
                    np.testing.assert_array_equal(self.bring(file, world.shape), world)

    def test_two_dimensions_and_fill_values(self):
        rows = np.array([[1, 2, 7], [4, 7, 6]], "i2")
        want = np.array([[1, 4], [2, UNKNOWN], [UNKNOWN, 6]])[:, :, None]
        for attributes in ({"fill_value": 7}, {"missing_value": np.int16(7)}):
            file = self.netcdf("a.nc", {"label": (rows, ("y", "x"), attributes)}, {"y": 2, "x": 3})
            np.testing.assert_array_equal(self.bring(file, (3, 2, 1)), want)
        negative = np.where(rows == 7, -1, rows).astype("i1")
        file = self.netcdf("b.nc", {"label": (negative, ("y", "x"), {"fill_value": -1})}, {"y": 2, "x": 3})
        np.testing.assert_array_equal(self.bring(file, (3, 2, 1)), want)

    def test_which_variable(self):
        rows = np.arange(24, dtype="u2").reshape(2, 3, 4)
        along = ("z", "y", "x")
        two = {"rock": (rows, along, {}), "soil": (rows + 100, along, {}), "height": (rows[0] * 0.5, along[1:], {}),
               "count": (rows[0, 0], along[2:], {})}
        file = self.netcdf("a.nc", two, {"z": 2, "y": 3, "x": 4})
        self.refuse(file, says=["several", "--variable", "rock (z=2, y=3, x=4; UInt16)", "soil", "height", "count"])
        self.refuse(file, "--variable", "sand", says=["no such variable", "sand", "rock", "soil"])
        self.refuse(file, "--variable", "height", says=["not integers", "height", "Float64"])
        self.refuse(file, "--variable", "count", says=["two or three dimensions"])
        world = self.bring(file, (4, 3, 2), "--variable", "soil")
        np.testing.assert_array_equal(world, (rows + 100).transpose(2, 1, 0))
        with netCDF4.Dataset(file, "a") as out:
            out.createGroup("deep").createVariable("ore", "u1", along)[:] = rows
        np.testing.assert_array_equal(self.bring(file, (4, 3, 2), "--variable", "deep/ore"), rows.transpose(2, 1, 0))

    def test_what_is_no_variable_of_labels(self):
        rows = np.zeros((4, 5, 6), "i4")
        dims = {"z": 4, "y": 5, "x": 6}
        rows[2, 3, 4] = 70000
        file = self.netcdf("v.nc", {"label": (rows, ("z", "y", "x"), {})}, dims)
        self.refuse(file, says=["value=`70000`", "at=`4,3,2`", "v.nc"])
        file = self.netcdf("p.nc", {"label": (rows, ("z", "y", "x"), {"scale_factor": 0.1})}, dims)
        self.refuse(file, says=["packed", "scale_factor"])
        file = self.netcdf("t.nc", {"label": (rows, ("time", "y", "x"), {})}, {"time": 4, "y": 5, "x": 6})
        self.refuse(file, says=["time"])
        file = self.netcdf("f.nc", {"label": (rows.astype("f4"), ("z", "y", "x"), {})}, dims)
        self.refuse(file, says=["no variable of integers", "label", "Float32"])
        file = self.netcdf("e.nc", {}, {})
        self.refuse(file, says=["nothing"])
        five = self.netcdf("five.nc", {"label": (rows, ("z", "y", "x"), {})}, dims, format="NETCDF3_64BIT_DATA")
        self.refuse(five, says=["netCDF", "five.nc"])  # CDF-5, which GDAL's driver does not read
        with open(self.path("text.nc"), "w") as f:
            f.write("no raster")
        self.refuse(self.path("text.nc"), says=["netCDF", "text.nc"])
        self.refuse(self.path("none.nc"), says=["no such file", "none.nc"])

    def test_truncated(self):
        rows = noise((60, 40, 40), 8).transpose(2, 1, 0)
        for format in ("NETCDF4", "NETCDF3_CLASSIC", "NETCDF3_64BIT_OFFSET"):
            whole = self.netcdf("whole.nc", {"label": (rows.astype("i2"), ("z", "y", "x"), {})},
                                dict(zip("zyx", rows.shape)), format=format)
            for share in (0.001, 0.3, 0.999):
                with self.subTest(format=format, share=share):
                    store = self.create(f"cut_{format}_{share}.terrane", (60, 40, 40))
                    done = self.fails("ingest", store, self.cut(whole, share))
                    self.assertIn("whole.nc", done)
