def f(x):
    a = x * x
    b = x * a
    c = a + b
    return c


# --- its derivative -------------------------------------------------------------------------------

def dfdx(x, bc=1.0):
    a = x * x
    b = x * a
    c = a + b

    # Grad of: c = a + b
    ba = bc
    bb = bc
    # Grad of: b = x * a
    bx = bb * a
    ba = ba + bb * x
    # Grad of: a = x * x
    bx += ba * (2.0 * x)
    return bx
