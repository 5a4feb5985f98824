"""Builds the Python package with the CMake that builds everything else.

    python3 -m venv --system-site-packages V
    V/bin/pip install --no-build-isolation --no-index .

Debian's packages are all it needs (scripts/install build test). TERRANE_CMAKE_DIR names a build directory that is
there already, to take the compiled part from.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

ROOT = pathlib.Path(__file__).resolve().parent
VERSION = re.search(r"project\(terrane VERSION ([\d.]+)", (ROOT / "CMakeLists.txt").read_text()).group(1)


class CMakeBuild(build_ext):
    """The one extension, made by its CMake target."""

    def build_extension(self, ext):
        build = os.environ.get("TERRANE_CMAKE_DIR")
        if build is None:
            build = str(pathlib.Path(self.build_temp).resolve())
            subprocess.run(["cmake", "-S", str(ROOT), "-B", build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release",
                            "-DTERRANE_TESTS=OFF", "-DTERRANE_PYTHON=ON", f"-DPython3_EXECUTABLE={sys.executable}"],
                           check=True)
        subprocess.run(["cmake", "--build", build, "--target", "_terrane"], check=True)
        target = pathlib.Path(self.get_ext_fullpath(ext.name))
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(pathlib.Path(build) / "python" / "terrane" / target.name, target)


(ROOT / "build").mkdir(exist_ok=True)  # all that is made goes there
setup(
    version=VERSION,
    packages=["terrane"],
    package_dir={"terrane": "terrane/python/terrane"},
    package_data={"terrane": ["py.typed", "*.pyi"]},
    ext_modules=[Extension("terrane._terrane", sources=[])],
    cmdclass={"build_ext": CMakeBuild},
    options={"egg_info": {"egg_base": "build"}},
    zip_safe=False,
)
