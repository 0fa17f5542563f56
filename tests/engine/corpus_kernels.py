"""In-place kernels, as a numerical programmer writes them."""

from __future__ import annotations

import numpy as np

RNG = np.random.default_rng(41)


# --- stencils --------------------------------------------------------------------------------


def jacobi(b, a, sweeps):
    n = len(b)
    u = np.zeros(n)
    v = np.zeros(n)
    for _ in range(sweeps):
        for i in range(n):
            s = b[i]
            for j in range(n):
                if j != i:
                    s -= a[i, j] * u[j]
            v[i] = s / a[i, i]
        u, v = v, u
    return np.sum(u * u)


def jacobi_with_copies(b, a, sweeps):
    x = np.zeros_like(b)
    x_new = np.zeros_like(b)
    for _ in range(sweeps):
        for i in range(a.shape[0]):
            s1 = np.dot(a[i, :i], x[:i])
            s2 = np.dot(a[i, i + 1 :], x[i + 1 :])
            x_new[i] = (b[i] - s1 - s2) / a[i, i]
        x[:] = x_new
    return np.dot(x, b)


def gauss_seidel(b, a, sweeps):
    n = b.shape[0]
    x = np.zeros(n)
    for _ in range(sweeps):
        for i in range(n):
            sigma = 0.0
            for j in range(n):
                if j != i:
                    sigma += a[i, j] * x[j]
            x[i] = (b[i] - sigma) / a[i, i]
    return np.sum(x**2)


def gauss_seidel_2d(u, f, sweeps):
    n, m = u.shape
    for _ in range(sweeps):
        for i in range(1, n - 1):
            for j in range(1, m - 1):
                u[i, j] = 0.25 * (u[i - 1, j] + u[i + 1, j] + u[i, j - 1] + u[i, j + 1] - f[i, j])
    return np.sum(u * u)


def heat_with_buffer_swap(u0, k, steps):
    u = u0.copy()
    u_new = np.empty_like(u)
    for _ in range(steps):
        u_new[1:-1] = u[1:-1] + k * (u[2:] - 2 * u[1:-1] + u[:-2])
        u_new[0] = u[0]
        u_new[-1] = u[-1]
        u, u_new = u_new, u
    return np.sum(u**2)


def heat_2d_with_buffer_swap(u, k, steps):
    v = u.copy()
    for _ in range(steps):
        v[1:-1, 1:-1] = u[1:-1, 1:-1] + k * (
            u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2] - 4.0 * u[1:-1, 1:-1]
        )
        u, v = v, u
    return np.sum(u * u)


def wave_with_three_buffers(u, c, steps):
    old = u.copy()
    new = np.zeros_like(u)
    for _ in range(steps):
        new[1:-1] = 2.0 * u[1:-1] - old[1:-1] + c * (u[2:] - 2.0 * u[1:-1] + u[:-2])
        old, u, new = u, new, old
    return np.sum(u * u)


def red_black_relaxation(u, f, sweeps):
    for _ in range(sweeps):
        u[1:-1:2] = 0.5 * (u[0:-2:2] + u[2::2] - f[1:-1:2])
        u[2:-1:2] = 0.5 * (u[1:-2:2] + u[3::2] - f[2:-1:2])
    return np.sum(u**2)


def smoothed_through_views(u, sweeps):
    left, middle, right = u[:-2], u[1:-1], u[2:]
    for _ in range(sweeps):
        middle += 0.1 * (left - 2.0 * middle + right)
    return np.sum(u * u)


# --- factorizations and solves ---------------------------------------------------------------


def lu_in_place(a):
    n = a.shape[0]
    for k in range(n):
        for i in range(k + 1, n):
            a[i, k] /= a[k, k]
            for j in range(k + 1, n):
                a[i, j] -= a[i, k] * a[k, j]
    return np.sum(a * a)


def lu_by_rows(a):
    n = len(a)
    for k in range(n - 1):
        for i in range(k + 1, n):
            f = a[i, k] / a[k, k]
            a[i, k:] -= f * a[k, k:]
            a[i, k] = f
    return np.sum(np.diag(a) ** 2) + a[2, 0]


def gaussian_elimination(a, b):
    n = len(b)
    a = a.copy()
    b = b.copy()
    for i in range(n):
        pivot = a[i, i]
        a[i] /= pivot
        b[i] /= pivot
        for j in range(n):
            if j != i:
                f = a[j, i]
                a[j] -= a[i] * f
                b[j] -= b[i] * f
    return np.sum(b * b)


def elimination_through_rows(a):
    n = a.shape[0]
    for k in range(n):
        pivot_row = a[k]
        for i in range(k + 1, n):
            row = a[i]
            f = row[k] / pivot_row[k]
            row[k:] -= f * pivot_row[k:]
    return np.prod(np.diag(a))


def cholesky_textbook(a):
    n = a.shape[0]
    l = np.zeros_like(a)
    for i in range(n):
        for j in range(i + 1):
            s = a[i, j]
            for k in range(j):
                s -= l[i, k] * l[j, k]
            if i == j:
                l[i, j] = np.sqrt(s)
            else:
                l[i, j] = s / l[j, j]
    return np.sum(l)


def cholesky_of_rows(a):
    n = len(a)
    l = np.zeros((n, n))
    for i in range(n):
        for j in range(i + 1):
            s = a[i][j]
            for k in range(j):
                s -= l[i][k] * l[j][k]
            l[i, j] = np.sqrt(s) if i == j else s / l[j][j]
    return np.sum(l * l)


def cholesky_in_place(a):
    n = a.shape[0]
    for j in range(n):
        a[j, j] = np.sqrt(a[j, j] - np.dot(a[j, :j], a[j, :j]))
        for i in range(j + 1, n):
            a[i, j] = (a[i, j] - np.dot(a[i, :j], a[j, :j])) / a[j, j]
    return np.sum(np.tril(a))


def forward_substitution(l, b):
    n = b.size
    x = b.copy()
    for i in range(n):
        for j in range(i):
            x[i] -= l[i, j] * x[j]
        x[i] /= l[i, i]
    return np.sum(x * x)


def back_substitution(u, b):
    n = len(b)
    x = np.zeros(n)
    for i in range(n - 1, -1, -1):
        x[i] = (b[i] - np.dot(u[i, i + 1 :], x[i + 1 :])) / u[i, i]
    return np.sum(np.sin(x))


def _solve_lower_in_place(l, x):
    for i in range(len(x)):
        x[i] -= np.dot(l[i, :i], x[:i])
        x[i] /= l[i, i]


def _solve_upper_in_place(u, x):
    for i in range(len(x) - 1, -1, -1):
        x[i] -= np.dot(u[i, i + 1 :], x[i + 1 :])
        x[i] /= u[i, i]


def solved_in_helpers(l, b):
    x = b.copy()
    _solve_lower_in_place(l, x)
    _solve_upper_in_place(l.T, x)
    return np.dot(b, x)


def thomas(a, b, c, d):
    n = len(d)
    for i in range(1, n):
        w = a[i - 1] / b[i - 1]
        b[i] -= w * c[i - 1]
        d[i] -= w * d[i - 1]
    x = np.zeros(n)
    x[-1] = d[-1] / b[-1]
    for i in range(n - 2, -1, -1):
        x[i] = (d[i] - c[i] * x[i + 1]) / b[i]
    return np.sum(x**2)


def durbin(r):
    n = len(r)
    y = np.zeros(n)
    z = np.zeros(n)
    y[0] = -r[0]
    beta = 1.0
    alpha = -r[0]
    for k in range(1, n):
        beta *= 1.0 - alpha * alpha
        total = r[k]
        for i in range(k):
            total += r[k - i - 1] * y[i]
        alpha = -total / beta
        for i in range(k):
            z[i] = y[i] + alpha * y[k - i - 1]
        y[:k] = z[:k]
        y[k] = alpha
    return np.sum(y * y)


def durbin_of_slices(r):
    y = np.zeros_like(r)
    alpha = -r[0]
    beta = 1.0
    y[0] = -r[0]
    for k in range(1, r.shape[0]):
        beta *= 1.0 - alpha * alpha
        alpha = -(r[k] + np.dot(np.flip(r[:k]), y[:k])) / beta
        y[:k] += alpha * np.flip(y[:k])
        y[k] = alpha
    return np.sum(y)


def modified_gram_schmidt(a):
    n = a.shape[1]
    q = a.copy()
    r = np.zeros((n, n))
    for k in range(n):
        r[k, k] = np.sqrt(np.sum(q[:, k] ** 2))
        q[:, k] /= r[k, k]
        for j in range(k + 1, n):
            r[k, j] = np.dot(q[:, k], q[:, j])
            q[:, j] -= r[k, j] * q[:, k]
    return np.sum(r * r) + q[0, 1]


def gram_schmidt_of_columns(a):
    q = a.copy()
    for k in range(q.shape[1]):
        v = q[:, k]
        for j in range(k):
            u = q[:, j]
            v -= np.dot(u, v) * u
        v /= np.sqrt(np.dot(v, v))
    return np.sum(q**3)


def givens_rotation(a, c, s):
    top = a[0].copy()
    a[0] = c * top + s * a[1]
    a[1] = -s * top + c * a[1]
    return np.sum(a[0] ** 2) + a[1, 0]


def householder_in_place(a):
    n = a.shape[0]
    for k in range(n - 1):
        x = a[k:, k]
        v = x.copy()
        v[0] += np.sqrt(np.dot(x, x))
        v /= np.sqrt(np.dot(v, v))
        block = a[k:, k:]
        block -= 2.0 * np.outer(v, v @ block)
    return np.sum(np.diag(a))


def power_iteration_in_place(a, v, steps):
    for _ in range(steps):
        v[:] = a @ v
        v /= np.sqrt(np.sum(v * v))
    return np.dot(v, a @ v)


def conjugate_gradient(a, b, steps):
    x = np.zeros_like(b)
    r = b.copy()
    p = r.copy()
    rs = np.dot(r, r)
    for _ in range(steps):
        ap = a @ p
        alpha = rs / np.dot(p, ap)
        x += alpha * p
        r -= alpha * ap
        rs_new = np.dot(r, r)
        p *= rs_new / rs
        p += r
        rs = rs_new
    return np.dot(x, x)


# --- graphs, signals, particles --------------------------------------------------------------


def floyd_warshall(d):
    n = len(d)
    for k in range(n):
        for i in range(n):
            for j in range(n):
                d[i, j] = min(d[i, j], d[i, k] + d[k, j])
    return np.sum(d * d)


def floyd_warshall_of_rows(d):
    for k in range(d.shape[0]):
        d[:] = np.minimum(d, d[:, k : k + 1] + d[k : k + 1, :])
    return np.sum(d)


def softmax_in_place(x, w):
    x -= np.max(x)
    np.exp(x, out=x)
    x /= np.sum(x)
    return np.dot(w, x)


def softmax_of_rows_in_place(x, w):
    for row in x:
        row -= row.max()
        row[:] = np.exp(row)
        row /= row.sum()
    return np.sum(w * x)


def _softmax_rows(x):
    x -= np.max(x, axis=1, keepdims=True)
    np.exp(x, out=x)
    x /= np.sum(x, axis=1, keepdims=True)
    return x


def attention_in_place(q, k, v):
    scores = q @ k.T
    scores /= np.sqrt(3.0)
    p = _softmax_rows(scores)
    return np.sum((p @ v) ** 2)


def convolution(x, w):
    n, k = len(x), len(w)
    y = np.zeros(n - k + 1)
    for i in range(n - k + 1):
        for j in range(k):
            y[i] += x[i + j] * w[j]
    return np.sum(y * y)


def convolution_2d(image, kernel):
    h, w = kernel.shape
    out = np.zeros((image.shape[0] - h + 1, image.shape[1] - w + 1))
    for i in range(h):
        for j in range(w):
            out += kernel[i, j] * image[i : i + out.shape[0], j : j + out.shape[1]]
    np.maximum(out, 0.0, out=out)
    return np.sum(out**2)


def n_body(pos, vel, masses, dt, steps):
    n = len(masses)
    for _ in range(steps):
        acc = np.zeros_like(pos)
        for i in range(n):
            for j in range(n):
                if i != j:
                    d = pos[j] - pos[i]
                    r2 = np.dot(d, d) + 0.1
                    acc[i] += masses[j] * d / (r2 * np.sqrt(r2))
        vel += dt * acc
        pos += dt * vel
    return np.sum(pos * pos)


def n_body_of_pairs(pos, vel, masses, dt, steps):
    acc = np.empty_like(pos)
    for _ in range(steps):
        acc[:] = 0.0
        for i in range(len(pos)):
            for j in range(i):
                d = pos[j] - pos[i]
                f = d / (np.sum(d**2) + 0.1) ** 1.5
                acc[i] += masses[j] * f
                acc[j] -= masses[i] * f
        vel += acc * dt
        pos += vel * dt
    return np.sum(vel**2) + np.sum(pos)


def butterflies(x):
    n = len(x)
    size = 2
    while size <= n:
        half = size // 2
        for start in range(0, n, size):
            for k in range(start, start + half):
                t = x[k + half] * np.cos(0.3 * k)
                x[k + half] = x[k] - t
                x[k] += t
        size *= 2
    return np.sum(x**3)


def hadamard_of_views(x):
    h = 1
    while h < len(x):
        blocks = x.reshape(-1, 2, h)
        a = blocks[:, 0, :] + blocks[:, 1, :]
        b = blocks[:, 0, :] - blocks[:, 1, :]
        blocks[:, 0, :] = a
        blocks[:, 1, :] = b
        h *= 2
    return np.sum(np.sin(x))


def prefix_sum_in_place(x):
    for i in range(1, len(x)):
        x[i] += x[i - 1]
    return np.sum(x * x)


def horner_in_place(c, x):
    y = np.zeros_like(x)
    for a in c[::-1]:
        y *= x
        y += a
    return np.sum(y * y)


def velocity_verlet(x, v, dt, steps):
    f = -x
    for _ in range(steps):
        v += 0.5 * dt * f
        x += dt * v
        f = -x * x * x
        v += 0.5 * dt * f
    return np.sum(x * x) + np.sum(v)


def adam(w, g, steps):
    m = np.zeros_like(w)
    v = np.zeros_like(w)
    for t in range(1, steps + 1):
        grad = 2.0 * (w - g)
        m *= 0.9
        m += 0.1 * grad
        v *= 0.99
        v += 0.01 * grad**2
        w -= 0.1 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.99**t)) + 1e-3)
    return np.sum(w * w)


def momentum_over_layers(w1, w2, x, steps):
    params = [w1, w2]
    velocity = [np.zeros_like(w1), np.zeros_like(w2)]
    for _ in range(steps):
        grads = [2.0 * params[0] * x, np.cos(params[1])]
        for p, v, g in zip(params, velocity, grads):
            v *= 0.9
            v -= 0.1 * g
            p += v
    return np.sum(params[0] ** 2) + np.sum(w2 * params[1])


def scatter_to_nodes(u, left, right, k):
    f = np.zeros_like(u)
    d = k * (u[right] - u[left]) ** 3
    np.add.at(f, left, d)
    np.subtract.at(f, right, d)
    return np.sum(f * f)


SPD = np.eye(4) * 5.0 + np.ones((4, 4))
DOMINANT = RNG.normal(size=(4, 4)) + 6.0 * np.eye(4)
DISTANCES = np.array([[0.5, 3.0, 8.0], [2.0, 0.4, 2.5], [7.0, 1.3, 0.6]])


def r(*shape):
    return RNG.normal(size=shape)


CASES = [
    (jacobi, (r(4), DOMINANT, 2), ("b", "a")),
    (jacobi_with_copies, (r(4), DOMINANT, 2), ("b", "a")),
    (gauss_seidel, (r(4), DOMINANT, 2), ("b", "a")),
    (gauss_seidel_2d, (r(4, 5), r(4, 5), 2), ("u", "f")),
    (heat_with_buffer_swap, (r(6), 0.1, 3), ("u0", "k")),
    (heat_2d_with_buffer_swap, (r(4, 4), 0.1, 3), ("u", "k")),
    (wave_with_three_buffers, (r(6), 0.3, 3), ("u", "c")),
    (red_black_relaxation, (r(7), r(7), 2), ("u", "f")),
    (smoothed_through_views, (r(6), 3), ("u",)),
    (lu_in_place, (DOMINANT,), ("a",)),
    (lu_by_rows, (DOMINANT,), ("a",)),
    (gaussian_elimination, (DOMINANT, r(4)), ("a", "b")),
    (elimination_through_rows, (DOMINANT,), ("a",)),
    (cholesky_textbook, (SPD,), ("a",)),
    (cholesky_of_rows, (SPD,), ("a",)),
    (cholesky_in_place, (SPD,), ("a",)),
    (forward_substitution, (DOMINANT, r(4)), ("l", "b")),
    (back_substitution, (DOMINANT, r(4)), ("u", "b")),
    (thomas, (r(3), 5.0 + r(4), r(3), r(4)), ("a", "b", "c", "d")),
    (durbin, (0.3 * r(4),), ("r",)),
    (durbin_of_slices, (0.3 * r(4),), ("r",)),
    (modified_gram_schmidt, (r(4, 3),), ("a",)),
    (gram_schmidt_of_columns, (r(4, 3),), ("a",)),
    (givens_rotation, (r(2, 3), 0.8, 0.6), ("a", "c", "s")),
    (householder_in_place, (r(3, 3),), ("a",)),
    (power_iteration_in_place, (SPD, r(4), 2), ("a", "v")),
    (conjugate_gradient, (SPD + np.diag(r(4)), r(4), 3), ("a", "b")),
    (floyd_warshall, (DISTANCES,), ("d",)),
    (floyd_warshall_of_rows, (DISTANCES,), ("d",)),
    (softmax_in_place, (r(4), r(4)), ("x", "w")),
    (softmax_of_rows_in_place, (r(2, 3), r(2, 3)), ("x", "w")),
    (convolution, (r(6), r(3)), ("x", "w")),
    (convolution_2d, (r(4, 4), r(2, 2)), ("image", "kernel")),
    (n_body, (r(3, 2), r(3, 2), np.ones(3), 0.1, 2), ("pos", "vel", "masses")),
    (n_body_of_pairs, (r(3, 2), r(3, 2), np.ones(3), 0.1, 2), ("pos", "vel")),
    (butterflies, (r(4),), ("x",)),
    (hadamard_of_views, (r(4),), ("x",)),
    (prefix_sum_in_place, (r(5),), ("x",)),
    (horner_in_place, (r(3), r(2)), ("c", "x")),
    (velocity_verlet, (r(3), r(3), 0.1, 2), ("x", "v")),
    (adam, (r(3), r(3), 2), ("w", "g")),
    (momentum_over_layers, (r(3), r(2), r(3), 2), ("w1", "w2", "x")),
    (scatter_to_nodes, (r(4), np.array([0, 1, 1]), np.array([1, 2, 3]), 0.7), ("u", "k")),
]
