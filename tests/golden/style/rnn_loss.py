@tangent.tangent
def rnn_loss(w, u, xs):
    h = np.zeros(w.shape[0])
    for t in range(len(xs)):
        with insert_grad_of(h) as g:
            g = np.clip(g, -1.0, 1.0)
        h = np.tanh(np.dot(w, h) + np.dot(u, xs[t]))
    return np.sum(h * h)


# --- its derivative -------------------------------------------------------------------------------

from tangent import dot_adjoint_left, dot_adjoint_right, zeros_like


def drnn_lossdwu(w, u, xs, bresult=1.0):
    h_stack = []
    h = np.zeros(w.shape[0])
    for t in range(len(xs)):
        h_stack.append(h)
        h = np.tanh(np.dot(w, h) + np.dot(u, xs[t]))

    # Grad of: return np.sum(h * h)
    bh = bresult * (2.0 * h)
    bw = zeros_like(w)
    bu = zeros_like(u)
    for t in reversed(range(len(xs))):
        # Grad of: h = np.tanh(np.dot(w, h) + np.dot(u, xs[t]))
        btotal = bh * (1.0 - h * h)
        h = h_stack.pop()
        bw += dot_adjoint_left(btotal, w, h)
        bu = bu + dot_adjoint_left(btotal, u, xs[t])
        bh = dot_adjoint_right(btotal, w, h)
        # Inserted by: with insert_grad_of(h) as g:
        bh = np.clip(bh, -1.0, 1.0)
    return bw, bu
