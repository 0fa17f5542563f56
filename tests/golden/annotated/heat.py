def heat(u: Float[np.ndarray, "n"], k: float, steps: int):
    u = u.copy()
    for _ in range(steps):
        u[1:-1] += k * (u[2:] - 2.0 * u[1:-1] + u[:-2])
    return np.sum(u ** 2)


# --- its derivative -------------------------------------------------------------------------------

from tangent import check_shapes


def dheatdk(u: Float[np.ndarray, "n"], k: float, steps: int, bresult=1.0):
    check_shapes(u, "n", k, "")
    total_stack = []
    u = u.copy()
    for _ in range(steps):
        total = u[2:] - 2.0 * u[1:-1] + u[:-2]
        total_stack.append(total)
        u[1:-1] += k * total

    # Grad of: return np.sum(u ** 2)
    bu = bresult * (2 * u)
    bk = 0.0
    for _ in range(steps):
        total = total_stack.pop()
        # Grad of: u[1:-1] += k * (u[2:] - 2.0 * u[1:-1] + u[:-2])
        bu_item = bu[1:-1].copy()
        btotal = bu_item * k
        bk += np.sum(bu_item * total)
        bu[2:] += btotal
        bu[1:-1] -= btotal * 2.0
        bu[:-2] += btotal
    return bk
