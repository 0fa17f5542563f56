def mlp_loss(x, w1, b1, w2, b2, label):
    h = np.tanh(np.dot(x, w1) + b1)
    out = np.dot(h, w2) + b2
    return np.mean((out - label) ** 2)


# --- its derivative -------------------------------------------------------------------------------

from tangent import dot_adjoint_left, dot_adjoint_right, unbroadcast


def dmlp_lossdw1b1w2b2(x, w1, b1, w2, b2, label, bresult=1.0):
    h = np.tanh(np.dot(x, w1) + b1)
    out = np.dot(h, w2) + b2
    diff = out - label

    # Grad of: return np.mean((out - label) ** 2)
    bout = unbroadcast(bresult / np.size(diff) * (2 * diff), out)
    # Grad of: out = np.dot(h, w2) + b2
    bh = dot_adjoint_left(bout, h, w2)
    bw2 = dot_adjoint_right(bout, h, w2)
    bb2 = unbroadcast(bout, b2)
    # Grad of: h = np.tanh(np.dot(x, w1) + b1)
    btotal = bh * (1.0 - h * h)
    bw1 = dot_adjoint_right(btotal, x, w1)
    bb1 = unbroadcast(btotal, b1)
    return bw1, bb1, bw2, bb2
