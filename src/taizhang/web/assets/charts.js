// Draws every [data-chart] from the JSON printed inside it, beside the table that says the same.
// The JSON: {kind: "bar"|"line"|"pie"|"scatter"|"heatmap", labels, series: [{name, values, mark?}], unit, step?, stacked?}.
import * as echarts from "echarts/core";
import { BarChart, HeatmapChart, LineChart, PieChart, ScatterChart } from "echarts/charts";
import { AriaComponent, GridComponent, LegendComponent, TooltipComponent, VisualMapComponent } from "echarts/components";
import { SVGRenderer } from "echarts/renderers";

echarts.use([
  BarChart, HeatmapChart, LineChart, PieChart, ScatterChart,
  AriaComponent, GridComponent, LegendComponent, TooltipComponent, VisualMapComponent, SVGRenderer,
]);

const INK = "#1a2530";
const TONES = ["#7796b2", "#1c4f7c", "#c3d2df", "#43515f"];
const NAMED = { ink: INK, red: "#dd8f8a", yellow: "#e8cd84", green: "#a3cbb3" }; // tones of lights: for lights alone, soft enough for figures to stand on
const PATTERNS = [
  { symbol: "none" },
  { symbol: "rect", symbolSize: 1, dashArrayX: [1, 0], dashArrayY: [3, 4], rotation: Math.PI / 4, color: "rgba(255,255,255,.5)" },
  { symbol: "rect", symbolSize: 1, dashArrayX: [1, 0], dashArrayY: [2, 5], rotation: -Math.PI / 4, color: "rgba(26,37,48,.5)" },
  { symbol: "circle", symbolSize: 0.6, dashArrayX: [[4, 4], [0, 4, 4, 0]], dashArrayY: [4, 0], color: "rgba(255,255,255,.6)" },
];

function oneSeries(spec, series, index) {
  const line = (series.kind ?? spec.kind) === "line";
  const common = { name: series.name, data: series.values, color: NAMED[series.tone] ?? TONES[index % TONES.length] };
  if (line) {
    return { ...common, type: "line", step: series.step ? "middle" : false, // a step line of one point would have no length: it is drawn as a dash across the bar
    symbol: series.step && series.values.length === 1 ? "rect" : "circle", symbolSize: !series.step ? 7 : series.values.length === 1 ? [72, 2] : 0, lineStyle: { type: index ? "dashed" : "solid", width: 2 } };
  }
  return {
    ...common,
    type: "bar",
    barMaxWidth: 36,
    stack: spec.stacked ? "all" : undefined,
    label: { show: true, position: spec.stacked ? "inside" : spec.across ? "right" : "insideBottom", color: INK, fontSize: 12, formatter: (p) => p.value == null ? "" : Number(p.value).toLocaleString("en-US") },
  };
}

function axes(spec) {
  const names = { type: "category", data: spec.labels, axisTick: { show: false }, axisLine: { lineStyle: { color: "#7f8c99" } }, axisLabel: { color: "#43515f", interval: spec.labels.length > 14 ? "auto" : 0 } };
  const figures = { type: "value", axisLabel: { color: "#43515f" }, splitLine: { lineStyle: { color: "#e8ecf0" } } };
  return spec.across ? { xAxis: figures, yAxis: { ...names, inverse: true } } : { xAxis: names, yAxis: figures };
}

function option(spec) {
  const frame = {
    animation: false,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: INK },
    aria: { enabled: true, decal: { show: spec.series.length > 1, decals: PATTERNS } },
    legend: { show: spec.series.length > 1 || spec.kind === "pie", top: 0, right: 0, textStyle: { color: "#43515f" } },
    // Rich text is drawn on the chart itself: HTML tooltips would need inline styles, which the pages forbid.
    tooltip: { trigger: spec.kind === "pie" || spec.kind === "scatter" || spec.kind === "heatmap" ? "item" : "axis", renderMode: "richText", confine: true },
    grid: { left: 8, right: 16, top: spec.series.length > 1 ? 36 : 16, bottom: 4, containLabel: true },
  };
  if (spec.kind === "pie") {
    const data = spec.labels.map((name, i) => ({ name, value: spec.series[0].values[i] }));
    return { ...frame, color: TONES, series: [{ type: "pie", radius: ["0%", "62%"], center: ["50%", "58%"], data, label: { formatter: "{b} {c}" } }] };
  }
  if (spec.kind === "scatter") {
    const value = { type: "value", splitLine: { lineStyle: { color: "#e8ecf0" } }, scale: true };
    return { ...frame, xAxis: value, yAxis: value, series: spec.series.map((s, i) => ({ name: s.name, type: "scatter", data: s.values, color: TONES[i % TONES.length], symbol: ["circle", "triangle", "rect"][i % 3] })) };
  }
  if (spec.kind === "heatmap") {
    const data = spec.series.flatMap((s, y) => s.values.map((v, x) => [x, y, v ?? "-"]));
    const most = Math.max(1, ...data.map((d) => Number(d[2]) || 0));
    return {
      ...frame,
      aria: { enabled: true },
      legend: { show: false },
      xAxis: { type: "category", data: spec.labels },
      yAxis: { type: "category", data: spec.series.map((s) => s.name), inverse: true },
      visualMap: { min: 0, max: most, show: false, inRange: { color: ["#ffffff", "#7796b2"] } },
      series: [{ type: "heatmap", data, label: { show: true, color: INK } }],
    };
  }
  return { ...frame, ...axes(spec), series: spec.series.map((s, i) => oneSeries(spec, s, i)) };
}

function draw(rootElement) {
  for (const place of rootElement.querySelectorAll("[data-chart]")) {
    if (place.dataset.drawn) continue;
    place.dataset.drawn = "1";
    const spec = JSON.parse(document.getElementById(place.dataset.chart).textContent);
    // Bars that lie need room for their names and figures: as many lines as there are bars.
    if (spec.across) place.style.height = `${56 + spec.labels.length * Math.max(26, spec.series.length * 17)}px`;
    const chart = echarts.init(place, null, { renderer: "svg" });
    chart.setOption(option(spec));
    new ResizeObserver(() => chart.resize()).observe(place);
  }
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", () => draw(document));
else draw(document);
document.addEventListener("htmx:load", (event) => draw(event.target));
