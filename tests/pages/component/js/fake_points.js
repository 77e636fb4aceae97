// Clouds of points, the same in every run.

let state = 1;
const random = () => (state = (state * 48271) % 2147483647) / 2147483647;

// n points in a square around (x, y), `spread` to each side
export function cloud(n, x, y, spread, seed = 1) {
  state = seed;
  const points = { x: new Float32Array(n), y: new Float32Array(n) };
  for (let i = 0; i < n; i++) {
    points.x[i] = x + spread * (2 * random() - 1);
    points.y[i] = y + spread * (2 * random() - 1);
  }
  return points;
}

export function join(...clouds) {
  const both = (axis) => Float32Array.from(clouds.flatMap((points) => [...points[axis]]));
  return { x: both("x"), y: both("y") };
}
