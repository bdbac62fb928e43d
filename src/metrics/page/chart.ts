import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { at } from './dom.ts';
import { bytes, clock } from './format.ts';

/** Steps of an axis of bytes. */
const POWERS_OF_2: number[] = Array.from({ length: 53 }, (_, i) => 2 ** i);

/** Makes the chart of bytes per second over time. @returns what shows other figures: seconds since 1970, and bytes. */
export function createChart(): (times: number[], values: (number | null)[]) => void {
  const place = at('chart');
  const size = (): { width: number; height: number } => ({
    width: place.clientWidth,
    height: place.clientHeight,
  });
  const style = (name: string): string =>
    getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const axis: uPlot.Axis = {
    stroke: () => style('--dim'),
    grid: { stroke: () => style('--line'), width: 1 },
    ticks: { show: false },
  };
  const chart = new uPlot(
    {
      ...size(),
      legend: { show: false },
      cursor: { y: false },
      scales: {
        // A minute at least, as it fills from the right; one record is no mountain.
        x: { range: (_plot, min, max) => [Math.min(min, max - 60), max] },
        y: { range: (_plot, _min, max) => [0, Math.max(max, 1024) * 1.1] },
      },
      axes: [
        { ...axis, space: 90, size: 28, values: (_plot, ticks) => ticks.map(clock) },
        { ...axis, size: 72, incrs: POWERS_OF_2, values: (_plot, ticks) => ticks.map(bytes) },
      ],
      series: [
        {},
        { stroke: () => style('--in'), fill: () => style('--area'), width: 1.5, points: { show: false } },
      ],
    },
    [[], []],
    place,
  );
  new ResizeObserver(() => chart.setSize(size())).observe(place);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => chart.redraw());
  return (times, values) => chart.setData([times, values]);
}
