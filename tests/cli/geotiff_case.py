"""GeoTIFF in and out, with GDAL on the other side."""

import os

import numpy as np
from osgeo import gdal, osr

from bench import UNKNOWN, layered, noise, only_large
from exchange import Exchange

gdal.UseExceptions()


class GeoTiff(Exchange):
    def tiff(self, name, layers, gtype=gdal.GDT_UInt16, transform=(0, 1, 0, 0, 0, -1), no_data=None, options=()):
        """Layers [z, row, column], as GDAL writes them."""
        layers = np.asarray(layers)
        out = gdal.GetDriverByName("GTiff").Create(self.path(name), layers.shape[2], layers.shape[1],
                                                  layers.shape[0], gtype, list(options))
        if transform:
            out.SetGeoTransform(transform)
        for z, layer in enumerate(layers):
            if no_data is not None:
                out.GetRasterBand(z + 1).SetNoDataValue(no_data)
            out.GetRasterBand(z + 1).WriteArray(layer)
        out = None
        return self.path(name)

    def test_gdal_reads_what_terrane_exports(self):
        def read(path, lod):
            raster = gdal.Open(path)
            t = raster.GetGeoTransform()
            rows = raster.ReadAsArray().reshape(raster.RasterCount, raster.RasterYSize, raster.RasterXSize)
            self.assertEqual((t[2], t[4]), (0, 0))
            self.assertEqual(osr.SpatialReference(raster.GetProjection()).GetAuthorityCode(None), "32632")
            band = raster.GetRasterBand(1)
            self.assertEqual(band.GetNoDataValue(), UNKNOWN)
            metadata = raster.GetMetadata()
            self.assertEqual(metadata["material_700"], "gneis: d'Ötz <&>")
            z0, dz = float(metadata["z_origin"]), float(metadata["z_spacing"])
            self.assertEqual(band.GetDescription(), f"z = {z0 + dz / 2:g} m")
            self.assertEqual(raster.GetMetadata("IMAGE_STRUCTURE")["COMPRESSION"], "DEFLATE")
            return rows[:, ::-1].transpose(2, 1, 0), (t[0], t[3] + t[5] * raster.RasterYSize, z0), (t[1], -t[5], dz)
        self.check_exports("a.tif", read)
        self.assertEqual([n for n in os.listdir(self.folder) if n.endswith(".aux.xml")], [])

    def test_terrane_reads_what_gdal_writes(self):
        world = noise((50, 40, 7), 1, 200)
        rows = world.transpose(2, 1, 0)[:, ::-1]  # north first
        for gtype in (gdal.GDT_Byte, gdal.GDT_UInt16, gdal.GDT_Int16, gdal.GDT_UInt32, gdal.GDT_Int32,
                      gdal.GDT_UInt64, gdal.GDT_Int64):
            with self.subTest(type=gdal.GetDataTypeName(gtype)):
                np.testing.assert_array_equal(self.bring(self.tiff("a.tif", rows, gtype), world.shape), world)
        for options in (["TILED=YES", "BLOCKXSIZE=16", "BLOCKYSIZE=32", "COMPRESS=LZW"], ["INTERLEAVE=PIXEL"],
                        ["INTERLEAVE=BAND", "COMPRESS=ZSTD", "BIGTIFF=YES"]):
            with self.subTest(options=options):
                file = self.tiff("b.tiff", rows, options=options)
                np.testing.assert_array_equal(self.bring(file, world.shape), world)

    def test_rows_from_the_south_stay_and_rows_without_a_place_go_down(self):
        world = noise((20, 30, 2), 2)
        rows = world.transpose(2, 1, 0)
        south = self.tiff("south.tif", rows, transform=(0, 1, 0, 0, 0, 1))
        np.testing.assert_array_equal(self.bring(south, world.shape), world)
        nowhere = self.tiff("nowhere.tif", rows[:, ::-1], transform=None)
        np.testing.assert_array_equal(self.bring(nowhere, world.shape), world)

    def test_one_band_is_one_layer_and_no_data_is_unknown(self):
        rows = np.array([[[1, 2, 255], [4, 255, 6]]])
        file = self.tiff("a.tif", rows, gdal.GDT_Byte, no_data=255)
        np.testing.assert_array_equal(self.bring(file, (3, 2, 1))[:, :, 0], [[4, 1], [UNKNOWN, 2], [6, UNKNOWN]])
        signed = self.tiff("b.tif", np.where(rows == 255, -9999, rows), gdal.GDT_Int32, no_data=-9999)
        np.testing.assert_array_equal(self.bring(signed, (3, 2, 1))[:, :, 0], [[4, 1], [UNKNOWN, 2], [6, UNKNOWN]])

    @only_large
    def test_large_and_across_blocks(self):
        world = layered((700, 600, 40), 3)
        file = self.tiff("a.tif", world.transpose(2, 1, 0)[:, ::-1], options=["COMPRESS=DEFLATE"])
        np.testing.assert_array_equal(self.bring(file, world.shape), world)

    def test_what_is_no_raster_of_labels(self):
        rows = np.zeros((1, 5, 6))
        self.refuse(self.tiff("f.tif", rows, gdal.GDT_Float32), says=["not integers", "Float32", "gdal_translate"])
        self.refuse(self.tiff("c.tif", rows, gdal.GDT_CInt16), says=["not integers", "CInt16"])
        self.refuse(self.tiff("r.tif", rows, transform=(0, 1, 0.5, 0, 0.5, -1)), says=["rotated", "gdalwarp"])
        rows[0, 1, 4] = 70000
        self.refuse(self.tiff("v.tif", rows, gdal.GDT_Int32), says=["value=`70000`", "at=`4,3,0`", "v.tif"])
        rows[0, 1, 4] = -1
        self.refuse(self.tiff("n.tif", rows, gdal.GDT_Int16), "--restart", says=["value=`-1`", "at=`4,3,0`"])
        with open(self.path("text.tif"), "w") as f:
            f.write("no raster")
        self.refuse(self.path("text.tif"), says=["GTiff", "text.tif"])
        self.refuse(self.path("none.tif"), says=["no such file", "none.tif"])
        self.refuse(self.tiff("s.tif", rows), "--shape", "6,5,1", says=["says its own shape"])
        self.refuse(self.tiff("g.tif", rows), "--variable", "a", says=["--variable", "NetCDF"])

    def test_truncated(self):
        whole = self.tiff("whole.tif", noise((40, 40, 40), 4).transpose(2, 1, 0), options=["COMPRESS=DEFLATE"])
        for share in (0.01, 0.3, 0.9):
            with self.subTest(share=share):
                store = self.create(f"cut{share}.terrane", (40, 40, 40))
                done = self.fails("ingest", store, self.cut(whole, share))
                self.assertIn("whole.tif", done)
