"""Runs the SAM CLI with fast compression.

Functions of the dev profile are large, and their packages are only unpacked on this machine.
"""

import zipfile

from samcli.cli.main import cli

QUICK = 1

writestr = zipfile.ZipFile.writestr


def writestr_quickly(self, info, data, compress_type=None, compresslevel=QUICK):
    writestr(self, info, data, compress_type, compresslevel)


zipfile.ZipFile.writestr = writestr_quickly
cli(prog_name="sam")
