"""Programs with objects: attributes, classes, methods."""

# Written as users write, not as a formatter does.
# ruff: noqa
# fmt: off

from __future__ import annotations

from collections import namedtuple
from dataclasses import dataclass
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np

RNG = np.random.default_rng(31)


# --- attributes ------------------------------------------------------------------------------


@dataclass
class Params:
    w: np.ndarray
    b: float
    name: str = "params"


@dataclass(frozen=True)
class Decay:
    k: float
    c: float


class State(NamedTuple):
    x: float
    v: float


Thermo = namedtuple("Thermo", "T p size")


@dataclass
class Stack:
    first: Params
    second: Params
    scale: float


class Body:
    def __init__(self, x, v, k):
        self.x = x
        self.v = v
        self.k = k


PARAMS = Params(RNG.normal(size=3), 0.3)


def neuron(p, x):
    return np.sum(np.tanh(p.w * x + p.b) * p.w)


def neuron_of_the_input(x, p):
    return np.tanh(np.dot(p.w, x) + p.b)


def decay(law, x, n):
    for i in range(n):
        x = x - 0.1 * (law.k * x + law.c * x * x)
    return x


def energy(s, m):
    return 0.5 * m * s.v ** 2 + s.x * s.v


def ideal_gas(gas, n):
    return n * gas.T / gas.p * gas.size ** 2


def two_layers(net, x):
    h = np.tanh(x * net.first.w + net.first.b)
    return np.sum(h * net.second.w + net.second.b) * net.scale


def euler_on_an_object(body, dt, n):
    for _ in range(n):
        a = -body.k * body.x
        body.v = body.v + dt * a
        body.x += dt * body.v
    return body.x * body.x + body.v


def overwritten_attribute(p, x):
    p.b = p.b * x
    p.w = p.w * 2.0
    y = p.b * np.sum(p.w)
    p.b = 3.0
    return y * p.b + x


def attribute_in_a_branch(body, x):
    if x > 0.0:
        body.x = body.x * x
    else:
        body.v = body.x - x
    return body.x * body.v


def object_in_a_loop(bodies, g):
    total = 0.0
    for body in bodies:
        total = total + body.k * g * body.x + 0.5 * body.k * body.v ** 2
    return total


def attribute_of_a_local_namespace(x, y):
    s = SimpleNamespace()
    s.total = x * y
    s.total += x
    s.square = s.total ** 2
    return s.square + s.total


def inactive_attributes(x, p):
    p.name = p.name + "!"
    p.b = 2.0
    return x * p.b * len(p.name)


def array_attribute_in_place(p, x):
    p.w[0] = x
    p.w[1:] *= 2.0
    return np.sum(p.w ** 2) * p.b


def array_attribute_accumulated(p, x, n):
    p.w = np.zeros(3)
    for i in range(n):
        p.w = p.w + x * i
    return np.sum(p.w * x)


def swap_of_attributes(body):
    body.x, body.v = body.v * 2.0, body.x * body.v
    return body.x * body.x * body.v


class Model:
    pass


def attribute_assigned(x):
    model = Model()
    model.weight = x * x
    return model.weight * 2.0


def attribute_of_an_argument_assigned(x, model):
    model.weight = x * x
    return model.weight * x


# --- methods ---------------------------------------------------------------------------------


class Linear:
    """A layer."""

    def __init__(self, w, b):
        self.w = w
        self.b = b

    def forward(self, x):
        return x @ self.w + self.b

    def __call__(self, x):
        return np.tanh(self.forward(x))


class MLP:
    def __init__(self, layers, decay=0.1):
        self.layers: list[Linear] = layers
        self.decay = decay

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    def penalty(self):
        total = 0.0
        for layer in self.layers:
            total += np.sum(layer.w ** 2)
        return self.decay * total

    def loss(self, x, y):
        error = self.forward(x) - y
        return np.mean(error ** 2) + self.penalty()


@dataclass
class Gaussian:
    mean: float
    std: float

    @property
    def precision(self):
        return 1.0 / self.std ** 2

    def logpdf(self, x):
        d = x - self.mean
        return -0.5 * self.precision * d * d + 0.5 * np.log(self.precision)


def negative_log_likelihood(g: Gaussian, xs):
    total = 0.0
    for i in range(len(xs)):
        total -= g.logpdf(xs[i])
    return total


def two_gaussians(a: Gaussian, b: "Gaussian", x):
    return a.logpdf(x) + b.logpdf(x * a.precision)


class Polynomial:
    def __init__(self, coefficients):
        self.coefficients = coefficients

    def __call__(self, x):
        y = 0.0
        for c in self.coefficients:
            y = y * x + c
        return y

    def __getitem__(self, i):
        return self.coefficients[i]


def composed(p: Polynomial, x):
    return p(p(x) * 0.1), p[1] * x


def items_of_an_object(p: Polynomial, x):
    return p[1] * x, p[0] * p[0]


class Activation:
    slope = 0.1

    def __init__(self, gain):
        self.gain = gain

    def shape_of(self, x):
        return self.gain * x

    def __call__(self, x):
        return self.shape_of(x) + self.slope * x


class Soft(Activation):
    def __init__(self, gain, power):
        super().__init__(gain)
        self.power = power

    def shape_of(self, x):
        return np.tanh(super().shape_of(x)) * self.power

    def energy(self, x):
        y = self(x)
        return np.sum(y * y)


class Steep(Soft):
    def shape_of(self, x):
        y = super().shape_of(x)
        return y + Activation.shape_of(self, x) * x


def inherited(s: Steep, x):
    return s.energy(x) + s(x[0])


class Circle:
    def __init__(self, radius):
        self.radius = radius

    @staticmethod
    def square(x):
        return x * x

    @classmethod
    def scaled(cls, x):
        return cls.square(x) * 3.0

    def area(self):
        return 3.14 * self.square(self.radius) + Circle.scaled(self.radius)

    @property
    def curvature(self):
        return 1.0 / self.radius


def ring(outer: Circle, inner: Circle):
    return outer.area() - inner.area() * inner.curvature


@dataclass
class Vec:
    x: float
    y: float

    def dot(self, other: Vec) -> float:
        return self.x * other.x + self.y * other.y

    def __matmul__(self, other: "Vec") -> float:
        return self.dot(other)

    def __neg__(self):
        return self.x - self.y


def products_of_vectors(a: Vec, b: Vec):
    return (a @ b) * a.dot(a) + (-b)


def kinetic_energies(bodies: list[Vec], m):
    total = 0.0
    for i, body in enumerate(bodies):
        total += 0.5 * m[i] * body.dot(body)
    return total


GAUSSIAN = Gaussian(0.3, 1.2)
SOFT = Soft(0.7, 1.5)


def with_a_global_object(x):
    return GAUSSIAN.logpdf(x) * x + SOFT(x) + GAUSSIAN.precision * x


class Pipeline:
    def __init__(self, first, second):
        self.first: Linear = first
        self.second: Linear = second
        self.calls = 0

    def describe(self):
        return f"{len(self.first.b)} inputs"

    def run(self, x, verbose=False):
        if verbose:
            print(self.describe())
        h = self.first(x)
        return np.sum(self.second.forward(h) * h)


def make_linear(rows, columns):
    return Linear(RNG.normal(size=(rows, columns)), RNG.normal(size=columns))


# --- construction ----------------------------------------------------------------------------


class Motion(NamedTuple):
    x: float
    v: float
    t: float = 0.0


def pendulum_in_named_tuples(x0, v0, dt, n):
    s = Motion(x0, v0)
    for _ in range(n):
        a = -np.sin(s.x)
        s = Motion(s.x + dt * s.v, s.v + dt * a, t=s.t + dt)
    return s.x * s.v + s.t


def dataclass_made_here(w, b):
    p = Params(w, b=b)
    q = Params(p.w * p.b, 2.0)
    return np.sum(q.w * q.b) * len(p.name) + p.b


def returns_an_object(x, y):
    a = Vec(x * y, x - y)
    return Vec(a.x * a.y, a.x)


def conditional_object(x, flag):
    v = Vec(x, 2.0) if flag else Vec(2.0, x * x)
    return v.x * v.y


def list_of_objects(x, y):
    points = [Vec(x, y), Vec(y, x * y)]
    total = 0.0
    for p in points:
        total += p.x * p.y
    return total


class Kalman:
    """A filter in one dimension."""

    def __init__(self, q, r):
        self.q = q
        self.r = r
        self.x = 0.0
        self.p = 1.0

    def predict(self):
        self.p = self.p + self.q

    def update(self, z):
        k = self.p / (self.p + self.r)
        self.x = self.x + k * (z - self.x)
        self.p = (1.0 - k) * self.p
        return k

    def run(self, zs):
        for i in range(len(zs)):
            self.predict()
            self.update(zs[i])
        return self.x


def filtered(q, r, zs):
    f = Kalman(q, r)
    x = f.run(zs)
    return x ** 2


def filtered_here(q, r, zs):
    f = Kalman(q, r)
    for i in range(len(zs)):
        f.predict()
        gain = f.update(zs[i])
    return f.x * gain


class Layer:
    def __init__(self, w, b=0.5):
        self.w = w * 2.0
        self.b = np.ones(3) * b
        self.calls = 0

    def __call__(self, x):
        return np.sum(np.tanh(self.w * x + self.b))


def layer_made_here(w, b, x):
    layer = Layer(w, b=b)
    return layer(x) + layer.b[0]


def layer_with_a_default(w, x):
    return Layer(w)(x) * x


# --- objects that change ---------------------------------------------------------------------


class Spring:
    def __init__(self, x, v, k):
        self.x = x
        self.v = v
        self.k = k
        self.steps = 0

    def step(self, dt):
        a = -self.k * self.x
        self.v += dt * a
        self.x += dt * self.v
        self.steps += 1

    def energy(self):
        return 0.5 * self.v ** 2 + 0.5 * self.k * self.x ** 2

    def simulate(self, dt, n):
        for _ in range(n):
            self.step(dt)
        return self.energy()


class Damped(Spring):
    def __init__(self, x, v, k, c):
        super().__init__(x, v, k)
        self.c = c

    def step(self, dt):
        self.v -= dt * self.c * self.v
        super().step(dt)


def damped_spring(x, k, c):
    s = Damped(x, 0.0, k, c)
    s.step(0.1)
    s.step(0.1)
    return s.energy()


def two_springs(a: Spring, b: Spring, dt):
    for _ in range(3):
        a.step(dt)
        if a.x > b.x:
            b.step(dt * 0.5)
    return a.x * b.x


class Momentum:
    """An optimizer."""

    def __init__(self, rate, decay):
        self.rate = rate
        self.decay = decay
        self.velocity = 0.0

    def update(self, x, slope):
        self.velocity = self.decay * self.velocity - self.rate * slope
        return x + self.velocity


def trained(x, rate, decay):
    optimizer = Momentum(rate, decay)
    for _ in range(4):
        x = optimizer.update(x, 2.0 * x - np.sin(x))
    return x


class Counter:
    def __init__(self):
        self.total = 0.0
        self.count = 0

    def add(self, x):
        self.total = self.total + x
        self.count += 1

    def mean(self):
        return self.total / self.count


def running_mean(xs):
    c = Counter()
    for i in range(len(xs)):
        c.add(xs[i] ** 2)
    return c.mean()


CASES = [
    (pendulum_in_named_tuples, (1.0, 0.3, 0.1, 4), ("x0", "v0", "dt")),
    (dataclass_made_here, (RNG.normal(size=3), 0.7), ("w", "b")),
    (dataclass_made_here, (RNG.normal(size=3), 0.7), ("b",)),
    (returns_an_object, (1.2, 0.7), ("x", "y")),
    (conditional_object, (1.2, True), ("x",)),
    (conditional_object, (1.2, False), ("x",)),
    (list_of_objects, (1.2, 0.7), ("x", "y")),
    (Kalman.run, (Kalman(0.1, 0.5), RNG.normal(size=4)), ("self",)),
    (filtered, (0.1, 0.5, RNG.normal(size=4)), ("q", "r", "zs")),
    (filtered_here, (0.1, 0.5, RNG.normal(size=4)), ("q", "r", "zs")),
    (layer_made_here, (RNG.normal(size=3), 0.3, 0.8), ("w", "b", "x")),
    (layer_made_here, (RNG.normal(size=3), 0.3, 0.8), ("x",)),
    (layer_with_a_default, (RNG.normal(size=3), 0.8), ("w", "x")),
    (Spring.simulate, (Spring(1.0, 0.2, 2.0), 0.1, 4), ("self",)),
    (Spring.simulate, (Spring(1.0, 0.2, 2.0), 0.1, 4), ("dt",)),
    (damped_spring, (1.0, 2.0, 0.3), ("x", "k", "c")),
    (two_springs, (Spring(1.0, 0.2, 2.0), Spring(0.9, 0.1, 1.0), 0.1), ("a", "b", "dt")),
    (trained, (1.0, 0.1, 0.7), ("x", "rate", "decay")),
    (running_mean, (RNG.normal(size=4),), ("xs",)),
    (Linear.forward, (make_linear(2, 3), RNG.normal(size=2)), ("self",)),
    (Linear.__call__, (make_linear(2, 3), RNG.normal(size=(4, 2))), ("self", "x")),
    (MLP.loss, (MLP([make_linear(2, 3), make_linear(3, 1)]), RNG.normal(size=(4, 2)), RNG.normal(size=(4, 1))), ("self",)),
    (Gaussian.logpdf, (GAUSSIAN, 0.8), ("self",)),
    (Gaussian.logpdf, (GAUSSIAN, 0.8), ("x", "self")),
    (negative_log_likelihood, (GAUSSIAN, RNG.normal(size=3)), ("g",)),
    (two_gaussians, (GAUSSIAN, Gaussian(-0.2, 0.6), 0.8), ("a", "b", "x")),
    (Polynomial.__call__, (Polynomial([0.5, -1.0, 2.0]), 0.8), ("self",)),
    (items_of_an_object, (Polynomial([0.5, -1.0, 2.0]), 0.8), ("p", "x")),
    (composed, (Polynomial([0.5, -1.0, 2.0]), 0.8), ("p", "x")),
    (Soft.energy, (SOFT, RNG.normal(size=3)), ("self",)),
    (inherited, (Steep(0.7, 1.5), RNG.normal(size=3)), ("s", "x")),
    (ring, (Circle(2.0), Circle(0.5)), ("outer", "inner")),
    (Circle.area, (Circle(2.0),), ("self",)),
    (products_of_vectors, (Vec(1.0, 2.0), Vec(0.3, -0.4)), ("a", "b")),
    (kinetic_energies, ([Vec(1.0, 2.0), Vec(0.3, -0.4)], RNG.normal(size=2)), ("bodies", "m")),
    (with_a_global_object, (0.8,), ("x",)),
    (Pipeline.run, (Pipeline(make_linear(2, 3), make_linear(3, 3)), RNG.normal(size=2)), ("self",)),
    (attribute_assigned, (1.3,), ("x",)),
    (attribute_of_an_argument_assigned, (1.3, SimpleNamespace(weight=2.0)), ("x",)),
    (neuron, (PARAMS, RNG.normal(size=3)), ("p",)),
    (neuron, (PARAMS, RNG.normal(size=3)), ("p", "x")),
    (neuron_of_the_input, (RNG.normal(size=3), PARAMS), ("x",)),
    (decay, (Decay(0.7, 0.2), 1.2, 4), ("law",)),
    (decay, (Decay(0.7, 0.2), 1.2, 4), ("x", "law")),
    (energy, (State(1.2, 0.7), 2.0), ("s",)),
    (energy, (State(1.2, 0.7), 2.0), ("s", "m")),
    (ideal_gas, (Thermo(300.0, 2.0, 1.5), 2.0), ("gas",)),
    (two_layers, (Stack(PARAMS, Params(RNG.normal(size=3), 0.1), 1.3), 0.8), ("net",)),
    (euler_on_an_object, (Body(1.0, 0.5, 2.0), 0.1, 4), ("body",)),
    (euler_on_an_object, (Body(1.0, 0.5, 2.0), 0.1, 4), ("dt",)),
    (overwritten_attribute, (PARAMS, 1.3), ("p",)),
    (overwritten_attribute, (PARAMS, 1.3), ("x",)),
    (attribute_in_a_branch, (Body(1.0, 0.5, 2.0), 0.8), ("body",)),
    (attribute_in_a_branch, (Body(1.0, 0.5, 2.0), -0.8), ("x", "body")),
    (object_in_a_loop, ([Body(1.0, 0.5, 2.0), Body(0.3, -0.5, 1.5)], 9.81), ("bodies",)),
    (object_in_a_loop, ([Body(1.0, 0.5, 2.0), Body(0.3, -0.5, 1.5)], 9.81), ("g", "bodies")),
    (attribute_of_a_local_namespace, (1.2, 0.7), ("x", "y")),
    (inactive_attributes, (1.2, PARAMS), ("x",)),
    (swap_of_attributes, (Body(1.0, 0.5, 2.0),), ("body",)),
    (array_attribute_accumulated, (PARAMS, 0.7, 3), ("x",)),
]
