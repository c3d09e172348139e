/** Returns numbers by row with room for one more row: the same array, or a copy that is twice as long. */
export function withRoomFor(row: number, numbers: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  if (row < numbers.length) return numbers;
  const larger = new Uint32Array(Math.max(row + 1, numbers.length * 2));
  larger.set(numbers);
  return larger;
}
