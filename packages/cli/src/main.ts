/** Runs the command line. @param argv the words after `meseta`. */
export async function main(argv: string[]): Promise<void> {
  console.log(argv.join(' '));
}
