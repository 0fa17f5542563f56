"""A perceptron in TensorFlow, trained with a gradient that is plain TensorFlow code.

``tangent show examples/tensorflow_mlp.py::loss --wrt w1,w2``
"""

import tensorflow as tf

import tangent


def loss(w1, w2, x, label):
    h = tf.tanh(tf.matmul(x, w1))
    out = tf.matmul(h, w2)
    return tf.reduce_mean((out - label) ** 2.0)


dloss = tangent.grad(loss, wrt=("w1", "w2"))


def main():
    tf.random.set_seed(0)
    x = tf.random.uniform((128, 3), -1.0, 1.0)
    label = x[:, :1] * x[:, 1:2]
    w1, w2 = tf.random.normal((3, 16)), 0.3 * tf.random.normal((16, 1))
    for step in range(501):
        if step % 100 == 0:
            print(f"step {step:3}: loss {float(loss(w1, w2, x, label)):.5f}")
        g1, g2 = dloss(w1, w2, x, label)
        w1, w2 = w1 - 0.2 * g1, w2 - 0.2 * g2

    with tf.GradientTape() as tape:
        tape.watch([w1, w2])
        value = loss(w1, w2, x, label)
    taped = tape.gradient(value, [w1, w2])
    pairs = zip(dloss(w1, w2, x, label), taped, strict=True)
    furthest = max(float(tf.reduce_max(abs(a - b))) for a, b in pairs)
    print(f"largest difference to GradientTape: {furthest:.1e}")


if __name__ == "__main__":
    main()
