"""Draw images/icon.png: a white partial-derivative sign on a blue rounded square.

Standard library only. The sign is an ellipse with a stroke that rises from its right side and
bends over its top; every pixel is the average of 4 x 4 samples, which smooths the edges.

    python3 scripts/icon.py
"""

from __future__ import annotations

import math
import struct
import zlib
from pathlib import Path

SIZE = 128
SAMPLES = 4
GROUND = (37, 99, 168)
GROUND_END = (20, 62, 120)
SIGN = (255, 255, 255)


def in_ground(x: float, y: float) -> bool:
    """Inside the rounded square."""
    radius = 26.0
    dx = max(radius - x, x - (SIZE - radius), 0.0)
    dy = max(radius - y, y - (SIZE - radius), 0.0)
    return dx * dx + dy * dy <= radius * radius


# The spine of the stroke: from the hook at the upper left, over the top, down the right side.
def spine(t: float) -> tuple[float, float]:
    p = ((42.0, 37.0), (58.0, 10.0), (97.0, 16.0), (88.0, 80.0))
    u = 1.0 - t
    weights = (u**3, 3 * u * u * t, 3 * u * t * t, t**3)
    return (
        sum(w * q[0] for w, q in zip(weights, p, strict=True)),
        sum(w * q[1] for w, q in zip(weights, p, strict=True)),
    )


SPINE = [(*spine(i / 160), 4.4 + 2.6 * math.sin(math.pi * min(1.0, i / 140))) for i in range(161)]


def in_sign(x: float, y: float) -> bool:
    """Inside the bowl (a tilted ring) or the stroke."""
    cx, cy, tilt = 62.0, 79.0, math.radians(24.0)
    dx, dy = x - cx, y - cy
    u = dx * math.cos(tilt) + dy * math.sin(tilt)
    v = dy * math.cos(tilt) - dx * math.sin(tilt)
    outer = (u / 26.5) ** 2 + (v / 31.0) ** 2
    inner = (u / 14.5) ** 2 + (v / 22.5) ** 2
    if outer <= 1.0 <= inner:
        return True
    return any((x - sx) ** 2 + (y - sy) ** 2 <= r * r for sx, sy, r in SPINE)


def pixel(column: int, row: int) -> bytes:
    ground = sign = 0
    for i in range(SAMPLES):
        for j in range(SAMPLES):
            x, y = column + (i + 0.5) / SAMPLES, row + (j + 0.5) / SAMPLES
            if in_ground(x, y):
                ground += 1
                sign += in_sign(x, y)
    if not ground:
        return bytes(4)
    fade = row / (SIZE - 1)
    share = sign / ground
    colour = (
        round((a + (b - a) * fade) * (1 - share) + s * share)
        for a, b, s in zip(GROUND, GROUND_END, SIGN, strict=True)
    )
    return bytes((*colour, round(255 * ground / SAMPLES**2)))


def png(rows: list[bytes]) -> bytes:
    """An 8-bit RGBA PNG."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", SIZE, SIZE, 8, 6, 0, 0, 0)
    body = zlib.compress(b"".join(b"\0" + row for row in rows), 9)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
    )


if __name__ == "__main__":
    target = Path(__file__).resolve().parent.parent / "images" / "icon.png"
    target.write_bytes(png([b"".join(pixel(c, r) for c in range(SIZE)) for r in range(SIZE)]))
    print(target)
