let copies = 0;

/**
 * A copy of `factory` with code of its own.
 *
 * V8 compiles the variables around a function in as constants, array bases and lengths included, only as long as its code
 * has a single closure. A hot loop over ten typed arrays runs twice as fast that way (docs/decisions/0003), but a machine
 * has many CPUs and each needs its own arrays. So each gets its own copy of the code. `factory` may use nothing but its
 * argument and globals, and must be called once.
 */
export function specialise<Env, Kernel>(factory: (env: Env) => Kernel): (env: Env) => Kernel {
  copies++;
  // The number keeps V8's compilation cache from handing out the same code twice.
  return new Function(`/* copy ${copies} */ return (${factory.toString()});`)() as (env: Env) => Kernel;
}
