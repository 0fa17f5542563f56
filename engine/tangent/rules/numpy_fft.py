"""NumPy's Fourier transforms.

The matrix of a transform is symmetric, so that a transform is its own adjoint; only where it
drops or adds elements, or goes between real and complex numbers, there is more to it.
"""

from __future__ import annotations

from tangent.rules.declare import Case, definition, like, linear

_SIGNALS = ("normal(4)", "normal(5)", "normal(3, 4), axis=0")
_LENGTHS = (*_SIGNALS, "normal(5), 3", "normal(4), 6, norm='ortho'", "normal(3) + 1j * normal(3)")
_PLANES = ("normal(3, 4)", "normal(2, 3, 4)", "normal(3, 4), norm='forward'")
_SIZES = (*_PLANES, "normal(3, 4), (2, 5)", "normal(3, 4), s=(5, 2), axes=(0, 1)")

for _name in ("fft", "ifft"):
    _f = f"np.fft.{_name}"
    linear(
        f"numpy.fft.{_name}",
        "a, n=None, axis=-1, norm=None",
        {
            "a": [
                Case(f"{_f}(g, axis=axis, norm=norm)", when=lambda f: f.absent("n")),
                Case(f"fit_axes({_f}(g, axis=axis, norm=norm), a)"),
            ]
        },
        inert=("n",),
        tests=_LENGTHS,
    )
for _name, _axes in (
    ("fft2", "(-2, -1)"),
    ("ifft2", "(-2, -1)"),
    ("fftn", "None"),
    ("ifftn", "None"),
):
    _f = f"np.fft.{_name}"
    linear(
        f"numpy.fft.{_name}",
        f"a, s=None, axes={_axes}, norm=None",
        {
            "a": [
                Case(f"{_f}(g, axes=axes, norm=norm)", when=lambda f: f.absent("s")),
                Case(f"fit_axes({_f}(g, axes=transformed_axes(a, s, axes), norm=norm), a)"),
            ]
        },
        inert=("s",),
        tests=(*_PLANES, _SIZES[-1]) if _axes == "None" else _SIZES,
    )
linear(
    "numpy.fft.rfft",
    "a, n=None, axis=-1, norm=None",
    {"a": "rfft_adjoint(g, a, n=n, axis=axis, norm=norm)"},
    tests=(*_SIGNALS, "normal(5), 3", "normal(4), 6, norm='ortho'"),
    inert=("n",),
)
linear(
    "numpy.fft.irfft",
    "a, n=None, axis=-1, norm=None",
    {"a": "irfft_adjoint(g, a, n=n, axis=axis, norm=norm)"},
    tests=(
        "normal(4) + 1j * normal(4)",
        "normal(4), 5",
        "normal(3, 4), axis=0, norm='forward'",
        "normal(4) + 1j * normal(4), 9",
    ),
    inert=("n",),
)
for _name, _back in (("fftshift", "ifftshift"), ("ifftshift", "fftshift")):
    linear(
        f"numpy.fft.{_name}",
        "x, axes=None",
        {"x": f"np.fft.{_back}(g, axes=axes)"},
        shape=like("x"),
        tests=("normal(5)", "normal(3, 4)", "normal(3, 4), axes=0"),
    )
_MANY = ("normal(3, 4)", "normal(2, 3, 5)", "normal(3, 4), norm='ortho'")
for _name in ("rfft2", "rfftn"):
    definition(f"numpy.fft.{_name}", tests=_MANY)
for _name in ("irfft2", "irfftn"):
    definition(f"numpy.fft.{_name}", tests=(*_MANY, "normal(3, 3) + 1j * normal(3, 3), (3, 5)"))
definition("numpy.fft.hfft", tests=("normal(4) + 1j * normal(4)", "normal(4), 5"))
definition("numpy.fft.ihfft", tests=("normal(4)", "normal(5)"))
