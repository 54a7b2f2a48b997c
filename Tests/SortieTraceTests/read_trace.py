"""Reads a .sortie trace as FORMAT.md describes it and prints every block with every value; with a second argument, the
name of a kernel event, only that event's rows: column numbers and values (section 12).

Written from the specification, not from the Swift reader; decompression is left to the zstd command.
"""
import struct
import subprocess
import sys

MASK = (1 << 64) - 1


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0x82F63B78 if crc & 1 else crc >> 1
    return crc ^ 0xFFFFFFFF


def skippable(data, offset):
    magic, length = struct.unpack_from("<II", data, offset)
    assert magic == 0x184D2A5E, f"no frame at {offset}"
    frame = data[offset : offset + length + 8]
    assert crc32c(frame[:-4]) == struct.unpack("<I", frame[-4:])[0], f"checksum at {offset}"
    return frame


class Bytes:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        assert self.at + count <= len(self.data)
        self.at += count
        return self.data[self.at - count : self.at]

    def number(self, count):
        return int.from_bytes(self.take(count), "little")

    def varint(self):
        value = shift = 0
        while True:
            byte = self.number(1)
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7


def unzigzag(value):
    return (value >> 1 ^ -(value & 1)) & MASK


def residuals(data, packing, rows):
    if packing == 0:
        return [data.number(8)] * rows
    if packing == 1:
        return [unzigzag(data.varint()) for _ in range(rows)]
    if packing == 4:
        values = []
        while len(values) < rows:
            length = data.varint()
            values += [unzigzag(data.varint())] * length
        return values
    base, unit, width, patches, remainders = (data.number(count) for count in (8, 8, 1, 4, 4))
    if packing == 2:
        packed = data.number((rows * width + 7) // 8)
        values = [packed >> row * width & ((1 << width) - 1) for row in range(rows)]
    else:
        planes = [data.take(rows) for _ in range(width)]
        values = [sum(plane[row] << 8 * k for k, plane in enumerate(planes)) for row in range(rows)]
        width *= 8
    for row, excess in exceptions(data, patches):
        values[row] += excess << width
    values = [(base + unit * value) & MASK for value in values]
    for row, remainder in exceptions(data, remainders):
        values[row] = (values[row] + remainder) & MASK
    return values


def exceptions(data, count):
    row = 0
    for _ in range(count):
        row += data.varint()
        yield row, data.varint()
        row += 1


def read_block(data, offset):
    """The block's first fields, its columns as (id, values) with None for absent rows, and where it ends."""
    frame = skippable(data, offset)
    assert frame[8:12] == b"SBLK"
    kind, table_at, stream, rows = struct.unpack_from("<HHII", frame, 12)
    payload_length, content_length, checksum, count, entry_length = struct.unpack_from("<IIIHH", frame, 56)
    start = offset + len(frame)
    payload = data[start : start + payload_length]
    assert crc32c(payload) == checksum, f"payload checksum at {start}"
    content = Bytes(subprocess.run(["zstd", "-dc"], input=payload, capture_output=True, check=True).stdout)
    assert len(content.data) == content_length
    columns, predicted = [], {}
    for index in range(count):
        column, type_, packing, predictor, presence, reference, length = struct.unpack_from(
            "<HBBBBHI", frame, table_at + index * entry_length
        )
        piece = Bytes(content.take(length))
        present = [True] * rows
        if presence == 1:
            bitmap = piece.take((rows + 7) // 8)
            present = [bitmap[row // 8] >> row % 8 & 1 == 1 for row in range(rows)]
        if type_ == 1:
            values = residuals(piece, packing, rows)
            predicted[column] = (predictor, reference)
        else:
            assert packing == 16 and predictor == 0
            lengths = [piece.varint() for _ in range(rows)]
            values = [piece.take(length).hex() for length in lengths]
        assert piece.at == len(piece.data)
        columns.append((column, values, present))
    assert content.at == len(content.data)
    # Row by row, in the order of the table, as section 5 allows.
    by_id = {column: values for column, values, _ in columns}
    for row in range(rows):
        for column, values, _ in columns:
            predictor, reference = predicted.get(column, (0, 0))
            if predictor == 1:
                values[row] = (values[row] + by_id[reference][row]) & MASK
            elif predictor == 2 and row > 0:
                values[row] = (values[row] + by_id[reference][row - 1]) & MASK
    result = [
        (column, [value if is_present else None for value, is_present in zip(values, present)])
        for column, values, present in columns
    ]
    return (kind, stream, rows), result, start + payload_length


def main(path, event=None):
    with open(path, "rb") as file:
        data = file.read()
    header = skippable(data, 0)
    assert header[8:16] == b"SORTIE\x1a\n"
    major, minor, flags, khz = struct.unpack_from("<HHIQ", header, 16)
    if event is None:
        print(f"trace {major}.{minor} flags {flags} khz {khz} boot {header[32:48].hex()} id {header[48:64].hex()}")
    trailer = skippable(data, len(data) - 48)
    assert trailer[8:12] == b"SEND"
    footer, listed, size = struct.unpack_from("<QQQ", trailer, 16)
    assert size == len(data)
    assert data[-48 - len(header) : -48] == header
    offset, offsets, blocks = len(header), [], []
    while offset < footer:
        (kind, stream, rows), columns, end = read_block(data, offset)
        blocks.append((kind, stream, rows, columns))
        if event is None:
            print(f"block {offset} type {kind} stream {stream} rows {rows}")
            for column, values in columns:
                print(f"column {column}", *["-" if value is None else value for value in values])
        offsets.append(offset)
        offset = end
    assert len(offsets) == listed
    index = []
    while offset < size - 48 - len(header):
        (kind, stream, rows), columns, end = read_block(data, offset)
        if kind == 3:
            index += dict(columns)[112]
        offset = end
    assert index == offsets, "the index lists other blocks"
    if event is not None:
        print_events(blocks, event)


def print_events(blocks, event):
    tables = [(stream, dict(columns)) for kind, stream, _, columns in blocks if kind == 2]
    numbers = [
        number
        for table, columns in tables
        if table == 12
        for number, name in zip(columns[29], columns[80])
        if bytes.fromhex(name).decode() == event
    ]
    streams = [
        number
        for table, columns in tables
        if table == 5
        for number, kind in zip(columns[82], columns[83])
        if kind in (2, 4)
    ]
    for kind, stream, rows, columns in blocks:
        if kind == 1 and stream in streams:
            for row in range(rows):
                values = {column: values[row] for column, values in columns if values[row] is not None}
                if values[29] in numbers:
                    print(*[f"{column}={value}" for column, value in sorted(values.items())])


main(*sys.argv[1:])
