def loss(w1, w2, x, label):
    h = tf.tanh(tf.matmul(x, w1))
    out = tf.matmul(h, w2)
    return tf.reduce_mean((out - label) ** 2.0)


# --- its derivative -------------------------------------------------------------------------------

from tangent import expand, unbroadcast


def dlossdw1w2(w1, w2, x, label, bresult=1.0):
    h = tf.tanh(tf.matmul(x, w1))
    out = tf.matmul(h, w2)
    diff = out - label
    power = diff ** 2.0

    # Grad of: return tf.reduce_mean((out - label) ** 2.0)
    bdiff = expand(bresult / tf.cast(tf.size(power), power.dtype), power) * (2.0 * diff)
    bout = unbroadcast(bdiff, out)
    # Grad of: out = tf.matmul(h, w2)
    bh = unbroadcast(tf.matmul(bout, w2, transpose_b=True), h)
    bw2 = unbroadcast(tf.matmul(h, bout, transpose_a=True), w2)
    # Grad of: h = tf.tanh(tf.matmul(x, w1))
    bw1 = unbroadcast(tf.matmul(x, bh * (1.0 - h * h), transpose_a=True), w1)
    return bw1, bw2
