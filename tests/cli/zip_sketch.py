"""Writes zip files, also such as no packer would write (APPNOTE.TXT 4.3)."""
import struct
import zlib

STORED, DEFLATED = 0, 8
UNIX, MACINTOSH = 3, 19


def entry(name, data=b"", **options):
    """options: method, packed (the compressed bytes), crc, size, packed_size, flags, host, attributes, local_name, local_size, at (where the
    local header of another entry is)"""
    return {"name": name.encode() if isinstance(name, str) else name, "data": data, "method": DEFLATED, **options}


def deflated(data):
    return zlib.compress(data, 9)[2:-4]


def _sizes(one):
    packed = one.get("packed", deflated(one["data"]) if one["method"] == DEFLATED else one["data"])
    return packed, one.get("crc", zlib.crc32(one["data"])), one.get("packed_size", len(packed)), one.get("size", len(one["data"]))


def archive(entries, count=None, count64=None, comment=b"", tail=b""):
    """count: what the end record says; count64: there is an end record of ZIP64, too, which says this."""
    out, directory = bytearray(), bytearray()
    for one in entries:
        packed, crc, packed_size, size = _sizes(one)
        flags, place, name = one.get("flags", 0), one.get("at", len(out)), one["name"]
        if "at" not in one:
            local = one.get("local_name", name)
            out += struct.pack("<IHHHHHIIIHH", 0x04034b50, 20, flags, one["method"], 0, 0x21, crc, packed_size, one.get("local_size", size), len(local), 0)
            out += local + packed
        directory += struct.pack("<IBBHHHHHIIIHHHHHII", 0x02014b50, 20, one.get("host", 0), 20, flags, one["method"], 0, 0x21, crc, packed_size, size,
                                 len(name), 0, 0, 0, 0, one.get("attributes", 0), place) + name
    start, said = len(out), len(entries) if count is None else count
    out += directory
    if count64 is not None:
        place = len(out)
        out += struct.pack("<IQHHIIQQQQ", 0x06064b50, 44, 45, 45, 0, 0, count64, count64, len(directory), start) + struct.pack("<IIQI", 0x07064b50, 0, place, 1)
        said = 65535
    return bytes(out + struct.pack("<IHHHHIIH", 0x06054b50, 0, 0, said, said, len(directory), start, len(comment)) + comment + tail)
