/** Names the series of a release of Linux: 6.12 of 6.12.117. */
export function seriesOf(release: string): string {
  return release.split('.', 2).join('.');
}
