@tangent.tangent
def rnn_loss(
    w: Float[np.ndarray, "h h"], u: Float[np.ndarray, "h i"], xs: Float[np.ndarray, "t i"]
):
    h = np.zeros(w.shape[0])
    for t in range(len(xs)):
        with insert_grad_of(h) as g:
            g = np.clip(g, -1.0, 1.0)
        h = np.tanh(np.dot(w, h) + np.dot(u, xs[t]))
    return np.sum(h * h)


# --- its derivative -------------------------------------------------------------------------------

from tangent import dot_adjoint_left, dot_adjoint_right, unbroadcast, zeros_like


def drnn_lossdwu(w: Float[np.ndarray, "h h"], u: Float[np.ndarray, "h i"], xs: Float[np.ndarray, "t i"], bresult=1.0):
    h_stack = []
    dot_stack = []
    h = np.zeros(w.shape[0])
    for t in range(len(xs)):
        h_stack.append(h)
        dot = np.dot(u, xs[t])
        dot_stack.append(dot)
        h = np.tanh(np.dot(w, h) + dot)

    # Grad of: return np.sum(h * h)
    bh = bresult * (2.0 * h)
    bw = zeros_like(w)
    bu = zeros_like(u)
    for t in reversed(range(len(xs))):
        dot = dot_stack.pop()
        # Grad of: h = np.tanh(np.dot(w, h) + np.dot(u, xs[t]))
        btotal = bh * (1.0 - h * h)
        h = h_stack.pop()
        bw += dot_adjoint_left(btotal, w, h)
        bu += unbroadcast(np.outer(unbroadcast(btotal, dot), xs[t]), u)
        bh = dot_adjoint_right(btotal, w, h)
        # Inserted by: with insert_grad_of(h) as g:
        bh = np.clip(bh, -1.0, 1.0)
    return bw, bu
