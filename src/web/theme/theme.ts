import {
  Button,
  createTheme,
  Menu,
  Modal,
  NumberInput,
  PasswordInput,
  Select,
  Switch,
  Textarea,
  TextInput,
  Tooltip,
} from '@mantine/core';
import type { CSSVariablesResolver } from '@mantine/core';

const SANS = 'Inter, ui-sans-serif, system-ui, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", sans-serif';
const MONO = 'ui-monospace, "SF Mono", "JetBrains Mono", "Cascadia Mono", "DejaVu Sans Mono", Menlo, monospace';

/** Sizes and component defaults. Colours live in variables.css; here they are only referred to. */
export const theme = createTheme({
  primaryColor: 'accent',
  primaryShade: { light: 7, dark: 6 },
  autoContrast: true,
  luminanceThreshold: 0.28,
  fontFamily: SANS,
  fontFamilyMonospace: MONO,
  fontSizes: { xs: '11.5px', sm: '12.5px', md: '13.5px', lg: '15px', xl: '18px' },
  defaultRadius: 'sm',
  radius: { xs: '3px', sm: '5px', md: '7px', lg: '10px' },
  spacing: { xs: '6px', sm: '10px', md: '14px', lg: '20px', xl: '28px' },
  headings: { fontFamily: SANS, fontWeight: '600' },
  cursorType: 'pointer',
  respectReducedMotion: true,
  colors: {
    // the library's dark greys, moved to ours: 0 text, 4 lines, 5 hover, 6 fields, 7 surface
    dark: [
      '#e2e6ec',
      '#c3cad5',
      '#a6afbd',
      '#848e9d',
      '#3a4350',
      '#2b323c',
      '#1f242c',
      '#181c22',
      '#12151a',
      '#0d1014',
    ],
    accent: [
      '#eef3fb',
      '#dce6f5',
      '#b8cdec',
      '#97b8e8',
      '#7da9e6',
      '#4f86d1',
      '#3a72c0',
      '#2b5fa8',
      '#214e8d',
      '#183c70',
    ],
  },
  components: {
    Button: Button.extend({ defaultProps: { size: 'xs', variant: 'default' } }),
    TextInput: TextInput.extend({ defaultProps: { size: 'xs' } }),
    PasswordInput: PasswordInput.extend({ defaultProps: { size: 'xs' } }),
    NumberInput: NumberInput.extend({ defaultProps: { size: 'xs' } }),
    Textarea: Textarea.extend({ defaultProps: { size: 'xs' } }),
    Select: Select.extend({ defaultProps: { size: 'xs', allowDeselect: false, checkIconPosition: 'right' } }),
    Switch: Switch.extend({ defaultProps: { size: 'xs', withThumbIndicator: false } }),
    Tooltip: Tooltip.extend({
      defaultProps: { openDelay: 350, withArrow: false, multiline: true, maw: 360, fz: 'xs' },
    }),
    Menu: Menu.extend({ defaultProps: { shadow: 'md', withinPortal: true, position: 'bottom-end', offset: 4 } }),
    Modal: Modal.extend({
      defaultProps: { radius: 'md', overlayProps: { backgroundOpacity: 0.45 }, transitionProps: { duration: 90 } },
    }),
  },
});

/** Makes the component library speak our variables, so that there is one palette and not two. */
export const variables: CSSVariablesResolver = () => {
  const shared = {
    '--mantine-color-body': 'var(--surface)',
    '--mantine-color-text': 'var(--text)',
    '--mantine-color-dimmed': 'var(--text-soft)',
    '--mantine-color-placeholder': 'var(--text-faint)',
    '--mantine-color-default': 'var(--raised)',
    '--mantine-color-default-hover': 'var(--hover)',
    '--mantine-color-default-color': 'var(--text)',
    '--mantine-color-default-border': 'var(--line-strong)',
    '--mantine-color-error': 'var(--status-failed)',
    '--mantine-color-disabled': 'var(--sunken)',
    '--mantine-color-disabled-color': 'var(--text-faint)',
  };
  return { variables: {}, light: shared, dark: shared };
};
