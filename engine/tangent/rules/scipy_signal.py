"""Rules for SciPy's `signal`."""

from __future__ import annotations

from tangent.rules.declare import definition, like, linear, zero_gradient

_LINES = (
    "normal(5), normal(3)",
    "normal(3), normal(5), 'same'",
    "normal(5), normal(3), mode='valid'",
    "normal(5), normal(2), 'same'",
)
_PLANES = (
    "normal(4, 5), normal(2, 3)",
    "normal(4, 5), normal(3, 2), 'same'",
    "normal(4, 5), normal(2, 2), mode='valid'",
)
_PADDED = "uncropped(g, in1, in2, mode=mode)"

linear(
    "scipy.signal.convolve",
    "in1, in2, mode='full', method='auto'",
    {
        "in1": f"scipy.signal.convolve({_PADDED}, np.flip(in2), 'valid')",
        "in2": f"scipy.signal.convolve({_PADDED}, np.flip(in1), 'valid')",
    },
    tests=(*_LINES, *_PLANES),
)
definition("scipy.signal.correlate", function="signal_correlate", tests=(*_LINES, *_PLANES))
definition("scipy.signal.fftconvolve", tests=(*_LINES, *_PLANES))
for _name in ("convolve2d", "correlate2d"):
    definition(f"scipy.signal.{_name}", tests=_PLANES)
linear(
    "scipy.signal.detrend",
    "data, axis=-1, type='linear', bp=0",
    {"data": "scipy.signal.detrend(g, axis=axis, type=type, bp=bp)"},
    shape=like("data"),
    tests=("normal(6)", "normal(3, 5), type='constant'", "normal(5, 2), 0"),
)
zero_gradient("scipy.signal.get_window", "scipy.signal.windows.hann")
