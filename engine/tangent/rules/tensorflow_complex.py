"""Rules for TensorFlow's complex numbers and Fourier transforms.

The cotangent ``c`` of a complex value ``z`` stands for the change ``Re(sum(c * dz))`` of the
result. So the formula of a holomorphic function is that of the real one, a transform whose matrix
is symmetric is its own adjoint, and the gradient of a real argument is real. (TensorFlow's
gradients are the conjugates of these.)
"""

from __future__ import annotations

from tangent.rules.declare import alias, elementwise, general, like, linear
from tangent.rules.tensorflow_tape import by_tape

general(
    "tensorflow.dtypes.complex",
    "real, imag, name=None",
    {"real": "unbroadcast(tf.math.real(g), real)", "imag": "unbroadcast(-tf.math.imag(g), imag)"},
    {
        "real": "expand(tf.dtypes.complex(g, tf.zeros_like(g)), y)",
        "imag": "expand(tf.dtypes.complex(tf.zeros_like(g), g), y)",
    },
    tests=("normal(2, 3), normal(2, 3)",),
)
alias(**{"tensorflow.complex": "tensorflow.dtypes.complex"})
for _name, _adjoint in (
    ("real", "tf.dtypes.complex(g, tf.zeros_like(g))"),
    ("imag", "tf.dtypes.complex(tf.zeros_like(g), -g)"),
):
    general(
        f"tensorflow.math.{_name}",
        "input, name=None",
        {"input": f"{_adjoint} if input.dtype.is_complex else g"},
        {"input": f"tf.math.{_name}(g)"},
        tests=("phasor(2, 3)",),
    )
    alias(**{f"tensorflow.{_name}": f"tensorflow.math.{_name}"})
elementwise("tensorflow.math.conj", "x, name=None", "tf.math.conj(g)", tests=("phasor(2, 3)",))
alias(**{"tensorflow.conj": "tensorflow.math.conj"})
by_tape("math.angle", "input, name=None", "input", "phasor(2, 3)")
alias(**{"tensorflow.angle": "tensorflow.math.angle"})

for _name in ("fft", "ifft", "fft2d", "ifft2d", "fft3d", "ifft3d"):
    linear(
        f"tensorflow.signal.{_name}",
        "input, name=None",
        {"input": f"tf.signal.{_name}(g)"},
        shape=like("input"),
        tests=(f"phasor({'2, 4' if 'd' not in _name else '2, 3, 4'})",),
    )
for _name in ("rfft", "rfft2d", "irfft", "irfft2d"):
    by_tape(
        f"signal.{_name}",
        "input_tensor, fft_length=None, name=None",
        "input_tensor",
        "phasor(2, 3)" if _name.startswith("i") else "normal(2, 4)",
    )
by_tape(
    "signal.stft",
    "signals, frame_length, frame_step, fft_length=None, window_fn=None, pad_end=False, name=None",
    "signals",
    "normal(16), 8, 4",
)
by_tape(
    "signal.inverse_stft",
    "stfts, frame_length, frame_step, fft_length=None, window_fn=None, name=None",
    "stfts",
    "phasor(3, 5), 8, 4",
)
for _name in ("eig", "eigvals"):
    by_tape(f"linalg.{_name}", "tensor, name=None", "tensor", "phasor(3, 3)")
