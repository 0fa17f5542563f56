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

from tangent import check_shapes


def dmlp_lossdw1b1w2b2(
    x: Float[np.ndarray, "n i"],
    w1: Float[np.ndarray, "i h"],
    b1: Float[np.ndarray, "h"],
    w2: Float[np.ndarray, "h o"],
    b2: Float[np.ndarray, "o"],
    label: Float[np.ndarray, "n o"],
    bresult=1.0,
):
    check_shapes(x, "n i", w1, "i h", b1, "h", w2, "h o", b2, "o", label, "n o")
    h = np.tanh(np.dot(x, w1) + b1)
    out = np.dot(h, w2) + b2
    diff = out - label

    # Grad of: return np.mean((out - label) ** 2)
    bout = bresult / np.size(label) * (2 * diff)
    # Grad of: out = np.dot(h, w2) + b2
    bh = np.dot(bout, w2.T)
    bw2 = np.dot(h.T, bout)
    bb2 = np.sum(bout, 0)
    # Grad of: h = np.tanh(np.dot(x, w1) + b1)
    btotal = bh * (1.0 - h * h)
    bw1 = np.dot(x.T, btotal)
    bb1 = np.sum(btotal, 0)
    return bw1, bb1, bw2, bb2
