import type { EChartsOption } from 'echarts'
import { init } from 'echarts'

/** Readable on a light and, having a ground of its own, on a dark page; told apart by the colour-blind, too (Okabe and Ito). */
export const colours = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#56b4e9', '#d55e00']
const font = 'Helvetica, Arial, sans-serif'
const ink = '#222222'
const width = 860
const grid = { left: 24, right: 64, top: 78, bottom: 78, containLabel: true }

export type Axis = { name: string; isLogarithmic?: boolean }

type Frame = { title: string; subtitle: string; height?: number }

/** Bars beside each other, or on top of each other, for each category; horizontal, so that names have room. */
export function bars(
  frame: Frame & {
    /** From top to bottom. */
    categories: string[]
    series: { name: string; values: (number | null)[] }[]
    value: Axis
    isStacked?: boolean
  },
): string {
  const { categories, series, value, isStacked = false } = frame
  return svg(frame, {
    yAxis: {
      type: 'category',
      data: categories,
      inverse: true,
      axisTick: { show: false },
      axisLabel: { color: ink, fontSize: 13 },
    },
    xAxis: valueAxis(value, 'middle'),
    series: series.map(({ name, values }, index) => ({
      name,
      type: 'bar',
      data: values,
      ...(isStacked ? { stack: 'all' } : {}),
      barMaxWidth: 22,
      itemStyle: { color: colours[index % colours.length] ?? ink },
      label: {
        show: !isStacked,
        position: 'right',
        color: ink,
        fontSize: 11,
        formatter: ({ value: shown }) => short(Number(shown)),
      },
    })),
  })
}

/** One line a series over a numeric axis; both scales begin at zero unless logarithmic. */
export function lines(
  frame: Frame & { x: Axis; y: Axis; series: { name: string; points: [x: number, y: number][] }[] },
): string {
  const { x, y, series } = frame
  return svg(frame, {
    xAxis: valueAxis(x, 'middle'),
    yAxis: { ...valueAxis(y, 'middle'), nameGap: 58 },
    grid: { ...grid, left: 60 },
    series: series.map(({ name, points }, index) => ({
      name,
      type: 'line',
      data: points,
      symbol: 'circle',
      symbolSize: 7,
      lineStyle: { width: 2, color: colours[index % colours.length] ?? ink },
      itemStyle: { color: colours[index % colours.length] ?? ink },
    })),
  })
}

function valueAxis({ name, isLogarithmic = false }: Axis, place: 'middle') {
  return {
    type: isLogarithmic ? ('log' as const) : ('value' as const),
    name,
    nameLocation: place,
    nameGap: 32,
    nameTextStyle: { color: ink, fontSize: 13 },
    axisLabel: { color: ink, fontSize: 12, formatter: (shown: number) => short(shown) },
    splitLine: { lineStyle: { color: '#dddddd' } },
  }
}

function svg({ title, subtitle, height = 420 }: Frame, option: EChartsOption): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height })
  chart.setOption({
    animation: false,
    backgroundColor: '#ffffff',
    textStyle: { fontFamily: font, color: ink },
    title: {
      text: title,
      subtext: subtitle,
      left: 16,
      top: 10,
      textStyle: { fontSize: 17, color: ink },
      subtextStyle: { fontSize: 12, color: '#555555' },
    },
    legend: { bottom: 8, textStyle: { color: ink, fontSize: 13 } },
    grid,
    ...option,
  })
  const text = chart.renderToSVGString()
  chart.dispose()
  return `${text}\n`
}

/** Three digits, thousands apart. */
function short(value: number): string {
  if (!Number.isFinite(value)) return ''
  const rounded = Number(value.toPrecision(3))
  return rounded.toLocaleString('en')
}
