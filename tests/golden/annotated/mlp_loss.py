def mlp_loss(
    x: Float[np.ndarray, "n i"],
    w1: Float[np.ndarray, "i h"],
    b1: Float[np.ndarray, "h"],
    w2: Float[np.ndarray, "h o"],
    b2: Float[np.ndarray, "o"],
    label: Float[np.ndarray, "n o"],
):
    h = np.tanh(np.dot(x, w1) + b1)
    out = np.dot(h, w2) + b2
    return np.mean((out - label) ** 2)


# --- its derivative -------------------------------------------------------------------------------

from tangent import unbroadcast


def dmlp_lossdw1b1w2b2(x: Float[np.ndarray, "n i"], w1: Float[np.ndarray, "i h"], b1: Float[np.ndarray, "h"], w2: Float[np.ndarray, "h o"], b2: Float[np.ndarray, "o"], label: Float[np.ndarray, "n o"], bresult=1.0):
    dot_1 = np.dot(x, w1)
    h = np.tanh(dot_1 + b1)
    dot = np.dot(h, w2)
    out = dot + b2
    diff = out - label
    power = diff ** 2

    # Grad of: return np.mean((out - label) ** 2)
    bout = unbroadcast(bresult / np.size(power) * (2 * diff), out)
    # Grad of: out = np.dot(h, w2) + b2
    bdot = unbroadcast(bout, dot)
    bh = unbroadcast(np.dot(bdot, w2.T), h)
    bw2 = unbroadcast(np.dot(h.T, bdot), w2)
    bb2 = unbroadcast(bout, b2)
    # Grad of: h = np.tanh(np.dot(x, w1) + b1)
    btotal = bh * (1.0 - h * h)
    bw1 = unbroadcast(np.dot(x.T, unbroadcast(btotal, dot_1)), w1)
    bb1 = unbroadcast(btotal, b1)
    return bw1, bb1, bw2, bb2
