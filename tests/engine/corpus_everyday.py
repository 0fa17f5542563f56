"""Everyday programs, as different people paste them: a physicist, a statistician, a student of
machine learning, a control engineer, a quant and a teacher."""

# Written as users write, not as a formatter does.
# ruff: noqa
# fmt: off

from __future__ import annotations

import math

import numpy as np

RNG = np.random.default_rng(64)


# --- a physicist ---------------------------------------------------------------------------------


def projectile_range(speed, angle, drag=0.05, dt=0.05):
    """Horizontal distance after a fixed time with linear drag."""
    vx = speed * np.cos(angle)
    vy = speed * np.sin(angle)
    x, y = 0.0, 0.0
    for step in range(12):
        ax = -drag * vx
        ay = -9.81 - drag * vy
        vx, vy = vx + dt * ax, vy + dt * ay
        x += dt * vx
        y += dt * vy
    return x + 0.1 * y


def kepler_equation(mean_anomaly, e):
    """Eccentric anomaly by Newton's method with a fixed number of steps."""
    E = mean_anomaly
    for _ in range(8):
        f = E - e * math.sin(E) - mean_anomaly
        fp = 1 - e * math.cos(E)
        E = E - f / fp
    return E


def lennard_jones(positions, epsilon=1.0, sigma=1.0):
    """Potential energy of a small cluster."""
    n = len(positions)
    energy = 0.0
    for i in range(n):
        for j in range(i + 1, n):
            rij = positions[i] - positions[j]
            r2 = np.dot(rij, rij)
            s6 = (sigma**2 / r2) ** 3
            energy += 4.0 * epsilon * (s6**2 - s6)
    return energy


def gravity_energy(pos, mass, G=1.0, soft=0.1):
    kinetic = 0.0
    diff = pos[:, None, :] - pos[None, :, :]
    dist = np.sqrt((diff**2).sum(axis=-1) + soft**2)
    potential = -0.5 * G * np.sum(np.outer(mass, mass) / dist)
    return kinetic + potential


def leapfrog(q, p, dt, steps):
    # H = p^2/2 + q^4/4
    def force(q):
        return -(q**3)

    p = p + 0.5 * dt * force(q)
    for i in range(steps):
        q = q + dt * p
        if i < steps - 1:
            p = p + dt * force(q)
    p = p + 0.5 * dt * force(q)
    return 0.5 * p**2 + 0.25 * q**4


def rk4_pendulum(theta0, omega0, length, n=6, h=0.1):
    g = 9.81

    def deriv(state):
        theta, omega = state
        return np.array([omega, -(g / length) * np.sin(theta)])

    y = np.array([theta0, omega0])
    for _ in range(n):
        k1 = deriv(y)
        k2 = deriv(y + 0.5 * h * k1)
        k3 = deriv(y + 0.5 * h * k2)
        k4 = deriv(y + h * k3)
        y = y + (h / 6.0) * (k1 + 2 * k2 + 2 * k3 + k4)
    return y[0]


def ising_energy(J, h, spins):
    total = 0.0
    n, m = spins.shape
    for i in range(n):
        for j in range(m):
            s = spins[i, j]
            neighbours = spins[(i + 1) % n, j] + spins[i, (j + 1) % m]
            total += -J * s * neighbours - h * s
    return total / (n * m)


def black_body(wavelength, temperature):
    h, c, k = 6.626, 2.998, 1.381
    x = h * c / (wavelength * k * temperature)
    return 2 * h * c**2 / wavelength**5 / (np.exp(x) - 1.0)


def double_well_path_action(path, dt=0.1, mass=1.0):
    velocity = np.diff(path) / dt
    midpoints = 0.5 * (path[1:] + path[:-1])
    kinetic = 0.5 * mass * np.sum(velocity**2) * dt
    potential = np.sum((midpoints**2 - 1.0) ** 2) * dt
    return kinetic + potential


def snell_path(y, n1, n2):
    """Optical path through a flat interface at height y."""
    segments = [((0.0, 1.0), n1), ((1.0, 0.0), n2)]
    length = 0.0
    for (x, z), index in segments:
        length += index * math.hypot(1.0 + x, y - z)
    return length


def spherical_to_cartesian_work(r, theta, phi):
    x = r * np.sin(theta) * np.cos(phi)
    y = r * np.sin(theta) * np.sin(phi)
    z = r * np.cos(theta)
    force = np.array([-y, x, z**2])
    displacement = np.array([x, y, z])
    return force @ displacement


# --- a statistician ------------------------------------------------------------------------------


def normal_log_likelihood(mu, log_sigma, data):
    sigma = np.exp(log_sigma)
    n = len(data)
    z = (data - mu) / sigma
    return -0.5 * n * np.log(2 * np.pi) - n * log_sigma - 0.5 * np.sum(z**2)


def logistic_regression(beta, X, y, penalty=0.1):
    eta = X @ beta
    p = 1 / (1 + np.exp(-eta))
    eps = 1e-9
    ll = np.sum(y * np.log(p + eps) + (1 - y) * np.log(1 - p + eps))
    return -ll / X.shape[0] + penalty * np.sum(beta[1:] ** 2)


def gaussian_mixture(means, weights_raw, x):
    w = np.exp(weights_raw) / np.sum(np.exp(weights_raw))
    density = np.zeros(x.shape)
    for k in range(len(means)):
        density = density + w[k] * np.exp(-0.5 * (x - means[k]) ** 2) / np.sqrt(2 * np.pi)
    return -np.mean(np.log(density))


def huber_location(theta, x, delta=1.0):
    loss = 0.0
    for xi in x:
        r = xi - theta
        if abs(r) <= delta:
            loss += 0.5 * r**2
        else:
            loss += delta * (abs(r) - 0.5 * delta)
    return loss / len(x)


def ar1_loglik(phi, sigma, series):
    ll = 0.0
    prev = None
    for value in series:
        if prev is None:
            var = sigma**2 / (1 - phi**2)
            ll += -0.5 * np.log(var) - 0.5 * value**2 / var
        else:
            resid = value - phi * prev
            ll += -np.log(sigma) - 0.5 * (resid / sigma) ** 2
        prev = value
    return ll


def kernel_density(bandwidth, samples, grid):
    total = 0.0
    for g in grid:
        u = (g - samples) / bandwidth
        k = np.exp(-0.5 * u * u) / (bandwidth * np.sqrt(2 * np.pi))
        total += np.log(np.mean(k))
    return total


def ridge_closed_form(lam, X, y):
    d = X.shape[1]
    A = X.T @ X + lam * np.eye(d)
    beta = np.linalg.solve(A, X.T @ y)
    r = y - X @ beta
    return r @ r


def gp_marginal_likelihood(length, noise, x, y):
    n = len(x)
    K = np.zeros((n, n))
    for i in range(n):
        for j in range(n):
            K[i, j] = np.exp(-0.5 * (x[i] - x[j]) ** 2 / length**2)
    K = K + noise**2 * np.eye(n)
    L = np.linalg.cholesky(K)
    a = np.linalg.solve(L, y)
    return 0.5 * np.dot(a, a) + np.sum(np.log(np.diag(L)))


def weighted_correlation(x, y, w):
    w = w / np.sum(w)
    mx = np.sum(w * x)
    my = np.sum(w * y)
    cov = np.sum(w * (x - mx) * (y - my))
    return cov / np.sqrt(np.sum(w * (x - mx) ** 2) * np.sum(w * (y - my) ** 2))


def bootstrap_of_a_ratio(theta, x, y):
    rng = np.random.default_rng(3)
    estimates = []
    for _ in range(3):
        idx = rng.integers(0, len(x), size=len(x))
        estimates.append(np.mean(x[idx] * theta) / np.mean(y[idx] + theta**2))
    return sum(estimates) / len(estimates)


# --- a student of machine learning ---------------------------------------------------------------


def two_layer_net(params, X, y):
    W1, b1, W2, b2 = params
    hidden = np.maximum(0, X @ W1 + b1)
    scores = hidden @ W2 + b2
    return np.mean((scores - y) ** 2)


def net_with_dictionary(params, X, y):
    h = np.tanh(X @ params["W1"] + params["b1"])
    out = h @ params["W2"] + params["b2"]
    loss = np.mean((out - y) ** 2)
    for name in params:
        if name.startswith("W"):
            loss += 0.01 * np.sum(params[name] ** 2)
    return loss


def softmax_cross_entropy(W, X, labels):
    logits = X @ W
    logits -= logits.max(axis=1, keepdims=True)
    probs = np.exp(logits)
    probs /= probs.sum(axis=1, keepdims=True)
    n = X.shape[0]
    return -np.log(probs[np.arange(n), labels]).mean()


def layer_by_layer(weights, x):
    activations = [x]
    for i, W in enumerate(weights):
        z = activations[-1] @ W
        a = np.tanh(z) if i < len(weights) - 1 else z
        activations.append(a)
    return np.sum(activations[-1] ** 2)


def lstm_cell_chain(W, x, steps=3):
    n = 2
    h = np.zeros(n)
    c = np.zeros(n)
    for _ in range(steps):
        z = W @ np.concatenate([x, h])
        i, f, o, g = np.split(z, 4)
        i = 1 / (1 + np.exp(-i))
        f = 1 / (1 + np.exp(-f))
        o = 1 / (1 + np.exp(-o))
        g = np.tanh(g)
        c = f * c + i * g
        h = o * np.tanh(c)
    return h.sum()


def attention(Q, K, V):
    scores = Q @ K.T / math.sqrt(K.shape[-1])
    weights = np.exp(scores - np.max(scores, axis=-1, keepdims=True))
    weights = weights / np.sum(weights, axis=-1, keepdims=True)
    return np.sum((weights @ V) ** 2)


def conv1d_valid(kernel, signal):
    k = len(kernel)
    out = np.empty(len(signal) - k + 1)
    for i in range(len(out)):
        out[i] = np.sum(signal[i : i + k] * kernel)
    return np.sum(np.maximum(out, 0.1 * out))


def conv2d_naive(image, kernel, stride=1):
    kh, kw = kernel.shape
    h = (image.shape[0] - kh) // stride + 1
    w = (image.shape[1] - kw) // stride + 1
    out = np.zeros((h, w))
    for i in range(h):
        for j in range(w):
            patch = image[i * stride : i * stride + kh, j * stride : j * stride + kw]
            out[i, j] = (patch * kernel).sum()
    return (out**2).mean()


def batch_norm(x, gamma, beta, eps=1e-5):
    mu = x.mean(axis=0)
    var = x.var(axis=0)
    xhat = (x - mu) / np.sqrt(var + eps)
    out = gamma * xhat + beta
    return np.sum(out * np.arange(out.size).reshape(out.shape))


def train_three_steps(w, X, y, lr):
    """The loss after training, as a function of the learning rate."""
    for epoch in range(3):
        pred = X @ w
        grad_w = 2.0 * X.T @ (pred - y) / len(y)
        w = w - lr * grad_w
        if epoch % 2 == 0:
            lr = lr * 0.9
    return np.mean((X @ w - y) ** 2)


def momentum_in_place(w, lr, steps):
    v = np.zeros_like(w)
    for _ in range(steps):
        g = 2 * w + np.cos(w)
        v *= 0.9
        v -= lr * g
        w += v
    return np.sum(w**2)


def max_pool_and_dense(x, W):
    pooled = []
    for start in range(0, len(x) - 1, 2):
        pooled.append(max(x[start], x[start + 1]))
    features = np.array(pooled)
    return float(np.sum(np.tanh(W @ features)))


def embedding_lookup(table, tokens, out):
    vectors = table[tokens]
    h = vectors.mean(axis=0)
    logits = out @ h
    return logits[0] - np.log(np.sum(np.exp(logits)))


def vae_loss(mu, logvar, x, noise):
    z = mu + np.exp(0.5 * logvar) * noise
    recon = np.sum((x - np.tanh(z)) ** 2)
    kl = -0.5 * np.sum(1 + logvar - mu**2 - np.exp(logvar))
    return recon + kl


# --- a control engineer --------------------------------------------------------------------------


def pid_step_response(kp, ki, kd, dt=0.1):
    """Integrated squared error of a first-order plant under PID control."""
    state, integral, previous = 0.0, 0.0, 1.0
    cost = 0.0
    for _ in range(10):
        error = 1.0 - state
        integral += error * dt
        derivative = (error - previous) / dt
        u = kp * error + ki * integral + kd * derivative
        state += dt * (-state + u)
        previous = error
        cost += error**2 * dt
    return cost


def pid_with_saturation(gains, setpoint, steps=8):
    kp, ki, kd = gains
    y = 0.0
    integral = 0.0
    last_error = 0.0
    total = 0.0
    for k in range(steps):
        e = setpoint - y
        integral = integral + 0.1 * e
        u = kp * e + ki * integral + kd * (e - last_error)
        if u > 2.0:
            u = 2.0
            integral = integral - 0.1 * e
        elif u < -2.0:
            u = -2.0
        y = 0.9 * y + 0.1 * u
        last_error = e
        total += abs(e)
    return total


def lqr_cost(K, A, B, x0, horizon=5):
    x = x0
    cost = 0.0
    for t in range(horizon):
        u = -K @ x
        cost = cost + x @ x + 0.1 * (u @ u)
        x = A @ x + B @ u
    return cost


def kalman_filter(q, r, measurements):
    """Negative log likelihood of a scalar random walk."""
    x, P = 0.0, 1.0
    nll = 0.0
    for z in measurements:
        P = P + q
        S = P + r
        v = z - x
        K = P / S
        x = x + K * v
        P = (1 - K) * P
        nll += 0.5 * (math.log(2 * math.pi * S) + v**2 / S)
    return nll


def kalman_filter_matrices(F, H, Q, R, zs):
    n = F.shape[0]
    x = np.zeros(n)
    P = np.eye(n)
    for z in zs:
        x = F @ x
        P = F @ P @ F.T + Q
        S = H @ P @ H.T + R
        K = P @ H.T @ np.linalg.inv(S)
        x = x + K @ (z - H @ x)
        P = (np.eye(n) - K @ H) @ P
    return np.sum(x**2) + np.trace(P)


def riccati_iteration(A, B, q, r):
    P = np.eye(2)
    for _ in range(4):
        BtP = B.T @ P
        gain = np.linalg.solve(r * np.eye(1) + BtP @ B, BtP @ A)
        P = A.T @ P @ A - A.T @ P @ B @ gain + q * np.eye(2)
    return np.trace(P)


def low_pass(alpha, signal):
    """First-order filter, written into a new array."""
    out = np.zeros_like(signal)
    out[0] = alpha * signal[0]
    for i in range(1, len(signal)):
        out[i] = out[i - 1] + alpha * (signal[i] - out[i - 1])
    return np.sum((out - signal) ** 2)


def mpc_rollout(u, x0, target):
    pos, vel = x0
    cost = 0.0
    for k, force in enumerate(u):
        vel = vel + 0.1 * force
        pos = pos + 0.1 * vel
        stage = (pos - target) ** 2 + 0.01 * force**2
        cost += stage if k < len(u) - 1 else 10.0 * stage
    return cost


def thermostat(gain, temps, setpoint=21.0):
    inside = 18.0
    energy = 0.0
    for outside in temps:
        heating = gain * (setpoint - inside)
        heating = min(max(heating, 0.0), 5.0)
        inside += 0.1 * (outside - inside) + 0.5 * heating
        energy += heating**2
    return energy + (inside - setpoint) ** 2


# --- a quant -------------------------------------------------------------------------------------


def norm_cdf(x):
    return 0.5 * (1.0 + math.erf(x / math.sqrt(2.0)))


def black_scholes_call(S, K, T, r, sigma):
    d1 = (math.log(S / K) + (r + 0.5 * sigma**2) * T) / (sigma * math.sqrt(T))
    d2 = d1 - sigma * math.sqrt(T)
    return S * norm_cdf(d1) - K * math.exp(-r * T) * norm_cdf(d2)


def option_price(S, sigma, kind="call", K=100.0, T=1.0, r=0.02):
    d1 = (math.log(S / K) + (r + sigma**2 / 2) * T) / (sigma * math.sqrt(T))
    d2 = d1 - sigma * math.sqrt(T)
    if kind == "call":
        return S * norm_cdf(d1) - K * math.exp(-r * T) * norm_cdf(d2)
    elif kind == "put":
        return K * math.exp(-r * T) * norm_cdf(-d2) - S * norm_cdf(-d1)
    else:
        raise ValueError(f"unknown option kind {kind!r}")


def monte_carlo_call(S0, sigma, normals, K=1.0, r=0.01, T=1.0):
    ST = S0 * np.exp((r - 0.5 * sigma**2) * T + sigma * np.sqrt(T) * normals)
    payoff = np.maximum(ST - K, 0.0)
    return np.exp(-r * T) * payoff.mean()


def heston_path(v0, kappa, theta, xi, shocks, dt=0.1):
    v = v0
    s = 0.0
    for dw1, dw2 in shocks:
        vol = np.sqrt(max(v, 1e-8))
        s += -0.5 * v * dt + vol * math.sqrt(dt) * dw1
        v += kappa * (theta - v) * dt + xi * vol * math.sqrt(dt) * dw2
    return np.exp(s)


def bond_price(y, coupon=0.05, face=100.0, years=5):
    price = 0.0
    for t in range(1, years + 1):
        price += coupon * face / (1 + y) ** t
    return price + face / (1 + y) ** years


def internal_rate_of_return(flow_scale, flows, guess=0.1):
    """Newton on the net present value; the rate depends on the scale of the last flow."""
    rate = guess
    for _ in range(20):
        npv, dnpv = 0.0, 0.0
        for t, c in enumerate(flows):
            if t == len(flows) - 1:
                c = c * flow_scale
            npv += c / (1 + rate) ** t
            dnpv -= t * c / (1 + rate) ** (t + 1)
        step = npv / dnpv
        rate -= step
        if abs(step) < 1e-13:
            break
    return rate


def portfolio_sharpe(weights, returns, cov, rf=0.01):
    weights = weights / np.sum(weights)
    excess = weights @ returns - rf
    risk = np.sqrt(weights @ cov @ weights)
    return excess / risk


def yield_curve_discount(zero_rates, times, cashflows):
    pv = 0.0
    for cf in cashflows:
        when, amount = cf
        i = 0
        while i < len(times) - 2 and times[i + 1] < when:
            i += 1
        w = (when - times[i]) / (times[i + 1] - times[i])
        rate = (1 - w) * zero_rates[i] + w * zero_rates[i + 1]
        pv += amount * math.exp(-rate * when)
    return pv


def cva_exposure(hazard, exposures, dt=0.5, recovery=0.4):
    survival = 1.0
    cva = 0.0
    for e in exposures:
        next_survival = survival * math.exp(-hazard * dt)
        default = survival - next_survival
        cva += (1 - recovery) * max(e, 0) * default
        survival = next_survival
    return cva


def garch_likelihood(omega, alpha, beta, r):
    n = len(r)
    h = np.empty(n)
    h[0] = np.mean(r**2)
    for t in range(1, n):
        h[t] = omega + alpha * r[t - 1] ** 2 + beta * h[t - 1]
    return 0.5 * np.sum(np.log(h) + r**2 / h)


# --- a teacher -----------------------------------------------------------------------------------


def newton_sqrt(a, tolerance=1e-14):
    x = a
    while abs(x * x - a) > tolerance:
        x = 0.5 * (x + a / x)
    return x


def bisection(c, lo=0.0, hi=2.0):
    """A root of x^3 + x - c; where the bisection ends is piecewise constant in c."""
    for _ in range(6):
        mid = (lo + hi) / 2
        if mid**3 + mid - c > 0:
            hi = mid
        else:
            lo = mid
    root = (lo + hi) / 2
    # Newton's method finishes, and makes it depend on c
    for _ in range(4):
        root = root - (root**3 + root - c) / (3 * root**2 + 1)
    return root


def simpson(a, b, n=4):
    def f(x):
        return math.exp(-x * x)

    h = (b - a) / n
    total = f(a) + f(b)
    for i in range(1, n):
        x = a + i * h
        if i % 2 == 1:
            total += 4 * f(x)
        else:
            total += 2 * f(x)
    return total * h / 3


def polynomial_by_horner(coefficients, x):
    result = 0
    for c in reversed(coefficients):
        result = result * x + c
    return result


def factorial_recursive_gamma(x, n):
    if n <= 0:
        return x
    return (x + n) * factorial_recursive_gamma(x, n - 1)


def fibonacci_like(a, b, n):
    sequence = [a, b]
    for i in range(2, n):
        sequence.append(sequence[i - 1] + math.sin(sequence[i - 2]))
    return sequence[-1]


def continued_fraction(x, depth=5):
    value = x
    for level in range(depth, 0, -1):
        value = level + x / value
    return value


def arithmetic_geometric_mean(a, b):
    for _ in range(5):
        a, b = (a + b) / 2, math.sqrt(a * b)
    return a


def shoelace_area(points):
    area = 0.0
    n = len(points)
    for i in range(n):
        x1, y1 = points[i]
        x2, y2 = points[(i + 1) % n]
        area += x1 * y2 - x2 * y1
    return 0.5 * area


def gaussian_elimination(A, b):
    A = A.copy()
    b = b.copy()
    n = len(b)
    for k in range(n - 1):
        for i in range(k + 1, n):
            m = A[i, k] / A[k, k]
            A[i, k:] = A[i, k:] - m * A[k, k:]
            b[i] = b[i] - m * b[k]
    x = np.zeros(n)
    for i in range(n - 1, -1, -1):
        x[i] = (b[i] - A[i, i + 1 :] @ x[i + 1 :]) / A[i, i]
    return np.sum(x)


def power_iteration(A, v, steps=6):
    for _ in range(steps):
        w = A @ v
        v = w / np.linalg.norm(w)
    return v @ A @ v


def grade_curve(scores, exponent):
    curved = []
    for s in scores:
        if s < 50:
            continue
        curved.append(100 * (s / 100) ** exponent)
    return sum(curved) / len(curved)


def while_with_else(x):
    n = 0
    while n < 5:
        if x > 4.0:
            break
        x = x * 1.5
        n += 1
    else:
        x = -x
    return x * n


CASES = [
    (projectile_range, (10.0, 0.7), ("speed", "angle")),
    (kepler_equation, (0.8, 0.3), ("mean_anomaly", "e")),
    (lennard_jones, (np.array([[0.0, 0.1], [1.1, 0.0], [0.4, 1.2]]),), ("positions",)),
    (gravity_energy, (RNG.normal(size=(3, 2)), np.array([1.0, 2.0, 0.5])), ("pos", "mass")),
    (leapfrog, (1.1, 0.2, 0.1, 4), ("q", "p", "dt")),
    (rk4_pendulum, (0.4, 0.1, 1.3), ("theta0", "omega0", "length")),
    (ising_energy, (0.7, 0.2, RNG.normal(size=(2, 3))), ("J", "h", "spins")),
    (black_body, (1.3, 0.9), ("wavelength", "temperature")),
    (double_well_path_action, (RNG.normal(size=5) * 0.3,), ("path",)),
    (snell_path, (0.4, 1.0, 1.5), ("y", "n1", "n2")),
    (spherical_to_cartesian_work, (1.2, 0.6, 0.4), ("r", "theta", "phi")),
    (normal_log_likelihood, (0.3, -0.2, RNG.normal(size=5)), ("mu", "log_sigma")),
    (
        logistic_regression,
        (RNG.normal(size=3), RNG.normal(size=(4, 3)), np.array([0.0, 1.0, 1.0, 0.0])),
        ("beta",),
    ),
    (
        gaussian_mixture,
        (np.array([-1.0, 0.5]), np.array([0.2, -0.3]), RNG.normal(size=4)),
        ("means", "weights_raw"),
    ),
    (huber_location, (0.2, np.array([0.5, -3.0, 1.0, 4.0])), ("theta", "x")),
    (ar1_loglik, (0.6, 0.9, np.array([0.3, -0.2, 0.8, 0.1])), ("phi", "sigma")),
    (kernel_density, (0.7, RNG.normal(size=4), np.array([0.0, 0.5])), ("bandwidth", "samples")),
    (ridge_closed_form, (0.5, RNG.normal(size=(4, 2)), RNG.normal(size=4)), ("lam", "X")),
    (
        gp_marginal_likelihood,
        (0.8, 0.3, np.array([0.0, 0.7, 1.5]), RNG.normal(size=3)),
        ("length", "noise"),
    ),
    (
        weighted_correlation,
        (RNG.normal(size=4), RNG.normal(size=4), np.array([0.2, 0.5, 0.9, 0.4])),
        ("x", "w"),
    ),
    (bootstrap_of_a_ratio, (0.8, RNG.normal(size=4), RNG.normal(size=4) + 3.0), ("theta",)),
    (
        two_layer_net,
        (
            (RNG.normal(size=(2, 3)), RNG.normal(size=3), RNG.normal(size=(3, 1)), RNG.normal(size=1)),
            RNG.normal(size=(4, 2)),
            RNG.normal(size=(4, 1)),
        ),
        ("params",),
    ),
    (
        net_with_dictionary,
        (
            {
                "W1": RNG.normal(size=(2, 3)),
                "b1": RNG.normal(size=3),
                "W2": RNG.normal(size=(3, 1)),
                "b2": RNG.normal(size=1),
            },
            RNG.normal(size=(4, 2)),
            RNG.normal(size=(4, 1)),
        ),
        ("params",),
    ),
    (
        softmax_cross_entropy,
        (RNG.normal(size=(3, 4)), RNG.normal(size=(5, 3)), np.array([0, 2, 1, 3, 1])),
        ("W",),
    ),
    (
        layer_by_layer,
        ([RNG.normal(size=(2, 3)), RNG.normal(size=(3, 2))], RNG.normal(size=(3, 2))),
        ("weights",),
    ),
    (lstm_cell_chain, (RNG.normal(size=(8, 4)), RNG.normal(size=2)), ("W", "x")),
    (
        attention,
        (RNG.normal(size=(2, 3)), RNG.normal(size=(4, 3)), RNG.normal(size=(4, 2))),
        ("Q", "K", "V"),
    ),
    (conv1d_valid, (RNG.normal(size=3), RNG.normal(size=6)), ("kernel", "signal")),
    (conv2d_naive, (RNG.normal(size=(4, 4)), RNG.normal(size=(2, 2))), ("image", "kernel")),
    (
        batch_norm,
        (RNG.normal(size=(4, 2)), RNG.normal(size=2), RNG.normal(size=2)),
        ("x", "gamma", "beta"),
    ),
    (
        train_three_steps,
        (RNG.normal(size=2), RNG.normal(size=(4, 2)), RNG.normal(size=4), 0.1),
        ("w", "lr"),
    ),
    (momentum_in_place, (RNG.normal(size=3), 0.05, 3), ("w", "lr")),
    (max_pool_and_dense, (RNG.normal(size=6), RNG.normal(size=(2, 3))), ("x", "W")),
    (
        embedding_lookup,
        (RNG.normal(size=(4, 2)), np.array([1, 3, 1]), RNG.normal(size=(3, 2))),
        ("table", "out"),
    ),
    (
        vae_loss,
        (RNG.normal(size=2), RNG.normal(size=2), RNG.normal(size=2), RNG.normal(size=2)),
        ("mu", "logvar"),
    ),
    (pid_step_response, (1.2, 0.3, 0.05), ("kp", "ki", "kd")),
    (pid_with_saturation, ((1.5, 0.4, 0.2), 3.0), ("gains", "setpoint")),
    (
        lqr_cost,
        (
            np.array([[0.5, 0.3]]),
            np.array([[1.0, 0.1], [0.0, 1.0]]),
            np.array([[0.0], [0.1]]),
            np.array([1.0, -0.5]),
        ),
        ("K", "x0"),
    ),
    (kalman_filter, (0.1, 0.5, np.array([0.2, 0.5, 0.1])), ("q", "r", "measurements")),
    (
        kalman_filter_matrices,
        (
            np.array([[1.0, 0.1], [0.0, 1.0]]),
            np.array([[1.0, 0.0]]),
            0.1 * np.eye(2),
            np.array([[0.5]]),
            np.array([[0.3], [0.4]]),
        ),
        ("F", "Q", "R"),
    ),
    (
        riccati_iteration,
        (np.array([[1.0, 0.1], [0.0, 0.9]]), np.array([[0.0], [0.2]]), 1.0, 0.3),
        ("A", "q", "r"),
    ),
    (low_pass, (0.3, RNG.normal(size=5)), ("alpha", "signal")),
    (mpc_rollout, (RNG.normal(size=4), (0.0, 0.2), 1.0), ("u",)),
    (thermostat, (0.4, np.array([10.0, 12.0, 8.0])), ("gain", "temps")),
    (black_scholes_call, (101.0, 100.0, 0.7, 0.02, 0.25), ("S", "sigma", "T", "r")),
    (option_price, (101.0, 0.25), ("S", "sigma")),
    (option_price, (101.0, 0.25, "put"), ("S", "sigma")),
    (monte_carlo_call, (1.1, 0.3, RNG.normal(size=6)), ("S0", "sigma")),
    (
        heston_path,
        (0.04, 1.5, 0.05, 0.3, RNG.normal(size=(3, 2))),
        ("v0", "kappa", "theta", "xi"),
    ),
    (bond_price, (0.03,), ("y",)),
    (internal_rate_of_return, (1.1, [-100.0, 30.0, 40.0, 50.0]), ("flow_scale",)),
    (
        portfolio_sharpe,
        (np.array([0.3, 0.5, 0.4]), np.array([0.05, 0.07, 0.02]), np.diag([0.1, 0.2, 0.05])),
        ("weights",),
    ),
    (
        yield_curve_discount,
        (np.array([0.01, 0.015, 0.03]), [1.0, 2.0, 5.0], [(0.5, 10.0), (1.5, 5.0), (3.0, 100.0)]),
        ("zero_rates",),
    ),
    (cva_exposure, (0.02, np.array([1.0, -0.5, 2.0])), ("hazard", "exposures")),
    (garch_likelihood, (0.1, 0.2, 0.6, RNG.normal(size=4)), ("omega", "alpha", "beta", "r")),
    (newton_sqrt, (2.3,), ("a",)),
    (bisection, (1.7,), ("c",)),
    (simpson, (0.1, 1.4), ("a", "b")),
    (polynomial_by_horner, ([1.0, -2.0, 0.5], 0.7), ("coefficients", "x")),
    (factorial_recursive_gamma, (0.8, 3), ("x",)),
    (fibonacci_like, (0.3, 0.5, 6), ("a", "b")),
    (continued_fraction, (1.4,), ("x",)),
    (arithmetic_geometric_mean, (1.4, 0.6), ("a", "b")),
    (shoelace_area, (RNG.normal(size=(4, 2)),), ("points",)),
    (
        gaussian_elimination,
        (RNG.normal(size=(3, 3)) + 3.0 * np.eye(3), RNG.normal(size=3)),
        ("A", "b"),
    ),
    (
        power_iteration,
        (np.array([[2.0, 0.3], [0.3, 1.0]]), np.array([1.0, 0.4])),
        ("A", "v"),
    ),
    (grade_curve, ([40.0, 60.0, 80.0, 95.0], 0.7), ("exponent",)),
    (while_with_else, (1.3,), ("x",)),
    (while_with_else, (0.3,), ("x",)),
]
