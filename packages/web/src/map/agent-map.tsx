// biome-ignore-all lint/a11y/useSemanticElements: a <select> cannot be a map
// biome-ignore-all lint/a11y/useFocusableInteractive: the list has the focus, and names its active option
import { Link, useNavigate } from '@tanstack/react-router';
import { type KeyboardEvent, type RefObject, useEffect, useId, useMemo, useRef, useState } from 'react';
import { addresses } from '../addresses.ts';
import { useHasData } from '../feed/hooks.ts';
import { type MapValues, mappedKinds } from '../store/agent-map.ts';
import { count, trimmed, wordOf } from '../ui/format.ts';
import { Notice, Skeleton } from '../ui/notice.tsx';
import { type Coloured, type Colouring, coloured, colourings, isColouring } from './colouring.ts';
import { drawMap } from './draw.ts';
import { indexAt, layoutOf, type MapLayout, movedCell } from './layout.ts';
import { type MappedAgents, useAgentMap } from './use-agent-map.ts';

/** Above this, cells become smaller. */
const MAX_HEIGHT = 320;

/** Every agent as a square in the colour of what it does. The table of agents says the same in words. */
export function AgentMap() {
  const agents = useAgentMap();
  const hasData = useHasData();
  if (agents === undefined || (agents.members.ids.length === 0 && !hasData)) {
    return <Skeleton label="Loading the map of agents" />;
  }
  if (agents.members.ids.length === 0) {
    return (
      <Notice title="No agents">
        <p>
          No agent has registered. Start one: <code>meseta agent --master={location.host} --work_dir=…</code>
        </p>
      </Notice>
    );
  }
  return <MapOf agents={agents} />;
}

function MapOf({ agents: { members, values } }: { readonly agents: MappedAgents }) {
  const [by, setBy] = useState<Colouring>('state');
  const [chosen, setChosen] = useState<number>();
  const place = useRef<HTMLDivElement>(null);
  const legend = useRef<HTMLUListElement>(null);
  const width = useWidth(place);
  const number = members.ids.length;
  const layout = useMemo(() => layoutOf(number, width, MAX_HEIGHT), [number, width]);
  const colouredBy = useMemo(() => coloured(values, by), [values, by]);
  const canvas = useDrawing(layout, colouredBy, legend, chosen);
  const navigate = useNavigate();
  const id = useId();
  const at = Math.min(chosen ?? 0, number - 1);
  const open = (index: number) => navigate({ to: addresses.agent(members.ids[index] ?? '') });
  const press = (event: KeyboardEvent) => {
    if (event.key === 'Enter') return void open(at);
    const to = movedCell(layout, event.key, at);
    if (to === undefined) return;
    event.preventDefault();
    setChosen(chosen === undefined ? at : to);
  };
  const pointed = (event: { readonly nativeEvent: MouseEvent }) =>
    indexAt(layout, event.nativeEvent.offsetX, event.nativeEvent.offsetY);
  return (
    <>
      <div className="map-bar">
        <label>
          Colour{' '}
          <select value={by} onChange={({ target }) => isColouring(target.value) && setBy(target.value)}>
            {Object.entries(colourings).map(([name, title]) => (
              <option key={name} value={name}>
                {title}
              </option>
            ))}
          </select>
        </label>
        <ul className="map-legend" ref={legend} aria-label="Colours">
          {colouredBy.buckets.map(({ colour, meaning }) => (
            <li key={meaning}>
              <i className="map-swatch" data-colour={colour} aria-hidden="true" /> {meaning}
            </li>
          ))}
        </ul>
        <span className="quiet">
          {count(number, 'agent')}; <Link to={addresses.agents()}>as a table</Link>
        </span>
      </div>
      <div
        className="map"
        role="listbox"
        tabIndex={0}
        aria-label={`Map of ${count(number, 'agent')}`}
        aria-activedescendant={`${id}-agent`}
        onKeyDown={press}
      >
        <div ref={place} aria-hidden="true" style={{ blockSize: layout.height }}>
          <canvas
            ref={canvas}
            onMouseMove={event => setChosen(pointed(event))}
            onMouseLeave={() => setChosen(undefined)}
            onClick={event => {
              const index = pointed(event);
              if (index !== undefined) void open(index);
            }}
          />
        </div>
        <div
          id={`${id}-agent`}
          role="option"
          aria-selected={chosen !== undefined}
          aria-posinset={at + 1}
          aria-setsize={number}
          className="map-agent"
          data-chosen={chosen !== undefined}
        >
          {members.hosts[at]}: {descriptionOf(values, at)}
        </div>
      </div>
    </>
  );
}

const kindWords = { cpus: 'CPUs', mem: 'memory', disk: 'disk', gpus: 'GPUs' } as const;

/** Returns what an agent does, in words. */
function descriptionOf({ stateNames, states, shares, tasks }: MapValues, at: number): string {
  const state = wordOf(stateNames[states[at] ?? 0] ?? '');
  const used = mappedKinds
    .filter(kind => !Number.isNaN(shares[kind][at]))
    .map(kind => `${kindWords[kind]} ${trimmed((shares[kind][at] ?? 0) * 100)} %`);
  return [state, count(tasks[at] ?? 0, 'task'), ...used].join(', ');
}

/** Returns the width of an element in CSS pixels, also when it changes. */
function useWidth(element: RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry?.contentRect.width ?? 0)));
    if (element.current) observer.observe(element.current);
    return () => observer.disconnect();
  }, [element]);
  return width;
}

/** Draws the map before the next frame, when something in it has changed. @returns the canvas. */
function useDrawing(
  layout: MapLayout,
  colouredBy: Coloured,
  legend: RefObject<HTMLElement | null>,
  chosen: number | undefined,
): RefObject<HTMLCanvasElement | null> {
  const canvas = useRef<HTMLCanvasElement>(null);
  const isDark = useDarkTheme();
  const colours = useRef({ list: [] as string[], frame: '' });
  // biome-ignore lint/correctness/useExhaustiveDependencies: the theme changes the colours
  useEffect(() => {
    const swatches = [...(legend.current?.querySelectorAll('.map-swatch') ?? [])];
    colours.current = {
      list: swatches.map(swatch => getComputedStyle(swatch).backgroundColor),
      frame: legend.current ? getComputedStyle(legend.current).color : '',
    };
  }, [colouredBy, isDark, legend]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the theme changes the colours
  useEffect(() => {
    const frame = requestAnimationFrame(() => {
      const element = canvas.current;
      const context = element?.getContext('2d');
      if (!element || !context) return;
      const scale = devicePixelRatio;
      const size = { width: layout.columns * layout.pitch, height: layout.height };
      resize(element, size, scale);
      const { list, frame: frameColour } = colours.current;
      drawMap(context, { layout, coloured: colouredBy, colours: list, chosen, frame: frameColour, scale });
    });
    return () => cancelAnimationFrame(frame);
  }, [layout, colouredBy, chosen, isDark]);
  return canvas;
}

/** Setting the size of a canvas clears it, and so it is only set when it differs. */
function resize(canvas: HTMLCanvasElement, size: { width: number; height: number }, scale: number): void {
  for (const side of ['width', 'height'] as const) {
    const pixels = Math.round(size[side] * scale);
    if (canvas[side] !== pixels) canvas[side] = pixels;
    canvas.style[side] = `${size[side]}px`;
  }
}

/** Returns whether the theme is dark, also when it changes. */
function useDarkTheme(): boolean {
  const [isDark, setDark] = useState(false);
  useEffect(() => {
    const theme = matchMedia('(prefers-color-scheme: dark)');
    const follow = () => setDark(theme.matches);
    follow();
    theme.addEventListener('change', follow);
    return () => theme.removeEventListener('change', follow);
  }, []);
  return isDark;
}
