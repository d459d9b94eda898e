/**
 * One core kept busy, until the process that started it is gone: what is killed cannot end its busy loops. Its id is the argument, for by
 * the time that this runs it may be gone already.
 */
const parent = Number(process.argv[2]);
while (process.ppid === parent) {
  const end = performance.now() + 500;
  while (performance.now() < end);
}
