/** Shows how much of something is used, as a bar with its words. */
export function Meter(props: {
  readonly label: string;
  readonly used: number;
  readonly total: number;
  readonly format: (value: number) => string;
}) {
  const { label, used, total, format } = props;
  const text = `${format(used)} of ${format(total)}`;
  return (
    <div className="meter">
      <span>{label}</span>
      <meter aria-label={`${label} in use`} min={0} max={total || 1} value={used} aria-valuetext={text} />
      <span className="meter-text">{text}</span>
    </div>
  );
}
