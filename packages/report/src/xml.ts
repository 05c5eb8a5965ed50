/** A number with two decimals at most. */
export function short(value: number): string {
  return String(Number(value.toFixed(2)));
}

export function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
