import { byId } from './dom.js'

const themes = /** @type {const} */ (['system', 'light', 'dark'])
const key = 'metrics-ring-theme'

/** Light, dark, or as the system has it; remembered. @param {() => void} onChange */
export function createTheme(onChange) {
  const button = byId('theme')
  let theme = themes.find((each) => each === localStorage.getItem(key)) ?? 'system'

  function apply() {
    document.documentElement.dataset.theme = theme
    button.textContent = `Theme: ${theme}`
    onChange()
  }
  button.addEventListener('click', () => {
    theme = themes[(themes.indexOf(theme) + 1) % themes.length] ?? 'system'
    localStorage.setItem(key, theme)
    apply()
  })
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', onChange)
  apply()
}
