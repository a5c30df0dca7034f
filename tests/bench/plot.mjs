// Draws what the servers do with 1 KiB over kept connections, from one connection to thousands: CPU
// per request and requests per second, a line for each server. Plain SVG, readable in light and dark.

import { KEEP_ALIVE } from "./cells.mjs";

const COLOURS = { catena: "#d62728", nginx: "#1a8f3c", lighttpd: "#1f77b4", apache: "#9467bd", caddy: "#b8860b", null: "#777777" };
const WIDTH = 460, HEIGHT = 300, LEFT = 60, TOP = 40, BETWEEN = 60, BELOW = 50;

// From 0 to a round number at or above, in a few steps.
function linear({ most }) {
  const magnitude = 10 ** Math.floor(Math.log10(most));
  const step = [0.1, 0.2, 0.25, 0.5, 1, 2].map((part) => part * magnitude).find((candidate) => most / candidate <= 6);
  const count = Math.ceil(most / step);
  const top = count * step;
  return { ticks: Array.from({ length: count + 1 }, (_, i) => i * step), part: (value) => value / top };
}

// 1, 2 and 5 times the powers of ten around the values; the same ratio is the same distance.
function logarithmic({ least, most }) {
  const all = [-1, 0, 1, 2, 3, 4, 5].flatMap((power) => [1, 2, 5].map((digit) => digit * 10 ** power));
  const ticks = all.filter((tick, i) => (all[i + 1] ?? Infinity) > least && (all[i - 1] ?? 0) < most);
  const [bottom, top] = [ticks[0], ticks.at(-1)];
  return { ticks, part: (value) => Math.log(value / bottom) / Math.log(top / bottom) };
}

function panel(cells, figure, axis, title, left) {
  const lines = Object.keys(COLOURS).map((server) => ({
    server,
    points: KEEP_ALIVE.map((connections) => [connections, cells[`keep-alive-${connections}`]?.servers[server]?.[figure]])
      .filter(([, value]) => value !== undefined),
  })).filter(({ points }) => points.length > 0);
  if (lines.length === 0) return "";
  const values = lines.flatMap(({ points }) => points.map(([, value]) => value));
  const { ticks, part } = axis({ least: Math.max(Math.min(...values), 0.1), most: Math.max(...values) });
  const x = (connections) => left + (Math.log(connections) / Math.log(KEEP_ALIVE.at(-1))) * WIDTH;
  const y = (value) => TOP + HEIGHT - part(value) * HEIGHT;
  const text = (atX, atY, anchor, words, extra = "") => `<text x="${atX.toFixed(1)}" y="${atY.toFixed(1)}" text-anchor="${anchor}"${extra}>${words}</text>`;
  const parts = [text(left, TOP - 16, "start", title, ' font-weight="bold"')];
  for (const tick of ticks) {
    parts.push(`<path d="M${left} ${y(tick).toFixed(1)}h${WIDTH}" stroke="#dddddd"/>`);
    parts.push(text(left - 8, y(tick) + 4, "end", Number(tick.toFixed(2)).toLocaleString("en-US")));
  }
  for (const connections of KEEP_ALIVE) parts.push(text(x(connections), TOP + HEIGHT + 20, "middle", connections.toLocaleString("en-US")));
  parts.push(text(left + WIDTH / 2, TOP + HEIGHT + 40, "middle", "connections"));
  for (const { server, points } of lines) {
    const dashes = server === "null" ? ' stroke-dasharray="5 4"' : "";
    const width = server === "catena" ? 3 : 1.8;
    parts.push(`<polyline fill="none" stroke="${COLOURS[server]}" stroke-width="${width}"${dashes} points="${points.map(([c, v]) => `${x(c).toFixed(1)},${y(v).toFixed(1)}`).join(" ")}"/>`);
    for (const [c, v] of points) parts.push(`<circle cx="${x(c).toFixed(1)}" cy="${y(v).toFixed(1)}" r="3" fill="${COLOURS[server]}"/>`);
  }
  return parts.join("\n");
}

export function plot(cells) {
  const right = LEFT + WIDTH + BETWEEN + 20;
  const width = right + WIDTH + 30, height = TOP + HEIGHT + BELOW + 34;
  const legend = Object.keys(COLOURS).filter((server) => KEEP_ALIVE.some((c) => cells[`keep-alive-${c}`]?.servers[server])).map((server, i) => {
    const at = LEFT + i * 120;
    return `<rect x="${at}" y="${height - 26}" width="14" height="14" fill="${COLOURS[server]}"/><text x="${at + 20}" y="${height - 14}">${server === "null" ? "null server" : server}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="13" fill="#222222" role="img">
<title>A file of 1 KiB over kept connections: CPU and requests per second by the number of connections</title>
<rect width="${width}" height="${height}" fill="#ffffff"/>
${panel(cells, "cpu", logarithmic, "CPU of the server, µs a request (less is better)", LEFT)}
${panel(cells, "rate", linear, "requests a second (more is better)", right)}
${legend.join("\n")}
</svg>
`;
}
