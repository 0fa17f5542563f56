"""Programs that go through complex numbers on their way from real arguments to real results."""

from __future__ import annotations

import numpy as np


def power_spectrum(x):
    y = np.fft.fft(x - np.mean(x))
    power = np.abs(y) ** 2
    return np.sum(power * np.arange(len(power)))


def low_pass(signal, cutoff):
    spectrum = np.fft.rfft(signal)
    frequency = np.fft.rfftfreq(len(signal))
    smooth = np.fft.irfft(spectrum / (1.0 + (frequency / cutoff) ** 2), n=len(signal))
    return np.sum((signal - smooth) ** 2)


def spectral_poisson(f):
    k = 2.0 * np.pi * np.fft.fftfreq(f.shape[0])
    u = np.fft.ifft(np.fft.fft(f) / (1.0 + k * k)).real
    return np.sum(u**3)


def phase_iteration(x, gain):
    z = np.exp(1j * x) * gain
    total = 0.0
    for _ in range(2):
        z = z * z + 0.1
        total = total + np.sum(z.real * z.imag)
    return total + np.linalg.norm(z)


def slices_of_a_spectrum(x):
    y = np.fft.fft(x[1:])
    first = y[0]
    rest = y[1:3]
    return np.abs(first) + np.sum(np.abs(rest * np.conj(first)))


def quantum_overlap(theta, phi):
    a = np.array([np.cos(theta), np.sin(theta) * np.exp(1j * phi)])
    b = np.array([1.0, 1.0j])
    return np.abs(np.vdot(a, b)) ** 2


def impedance(r, c, omega):
    z = r + 1.0 / (1j * omega * c)
    if np.abs(z) > 0.1:
        z = 1.0 / z
    return np.abs(z) + 0.1 * np.angle(z)


def split_step(psi, potential, dt):
    wave = psi * np.exp(-1j * dt * potential)
    k = 2.0 * np.pi * np.fft.fftfreq(len(psi))
    wave = np.fft.ifft(np.exp(-0.5j * dt * k * k) * np.fft.fft(wave))
    return np.sum(np.abs(wave) ** 2 * potential)


def image_blur(image, width):
    kx = np.fft.fftfreq(image.shape[0])[:, None]
    ky = np.fft.fftfreq(image.shape[1])
    filtered = np.fft.ifft2(np.fft.fft2(image) * np.exp(-width * (kx * kx + ky * ky)))
    return np.sum(np.real(filtered) ** 2)


def growth_rate(a):
    w = np.linalg.eigvals(a)
    return np.sum(np.real(w) ** 2) + np.sum(np.abs(w))


def modes(a):
    w, v = np.linalg.eig(a)
    return np.sum(np.abs(v[0]) ** 2 * np.real(w))


_rng = np.random.default_rng(5)
CASES = [
    (power_spectrum, (_rng.normal(size=5),), ("x",)),
    (low_pass, (_rng.normal(size=6), 0.3), ("signal", "cutoff")),
    (spectral_poisson, (_rng.normal(size=5),), ("f",)),
    (phase_iteration, (_rng.normal(size=3), 0.7), ("x", "gain")),
    (slices_of_a_spectrum, (_rng.normal(size=6),), ("x",)),
    (quantum_overlap, (0.4, 0.9), ("theta", "phi")),
    (impedance, (1.2, 0.3, 2.0), ("r", "c", "omega")),
    (split_step, (_rng.normal(size=4), _rng.normal(size=4), 0.3), ("psi", "potential", "dt")),
    (image_blur, (_rng.normal(size=(3, 4)), 0.8), ("image", "width")),
    (growth_rate, (_rng.normal(size=(3, 3)),), ("a",)),
    (modes, (_rng.normal(size=(3, 3)),), ("a",)),
]
