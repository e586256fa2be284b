import { LiveTable } from './demo-table.js';

function anOutput(isTTY: boolean) {
  return {
    isTTY,
    text: '',
    write(text: string) {
      this.text += text;
    },
  };
}

const row = (key: string, ...cells: string[]) => ({ key, cells });

it('writes a line per change where there is no terminal', () => {
  const output = anOutput(false);
  const table = new LiveTable(['HOST', 'STATUS'], output);
  table.show([row('1', 'a', 'QUEUE'), row('2', 'b', 'QUEUE')]);
  table.show([row('1', 'a', 'QUEUE'), row('2', 'b', 'RUNNING')]);
  table.show([row('1', 'a', 'QUEUE'), row('2', 'b', 'RUNNING')]);
  expect(output.text).toBe('  HOST  STATUS\n  a     QUEUE\n  b     QUEUE\n  b     RUNNING\n');
});

it('draws over itself on a terminal', () => {
  const output = anOutput(true);
  const table = new LiveTable(['HOST', 'STATUS'], output);
  table.show([row('1', 'a', 'QUEUE')]);
  output.text = '';
  table.show([row('1', 'a', 'RUNNING')]);
  expect(output.text).toBe('\x1b[2A\x1b[2K  HOST  STATUS\n\x1b[2K  a     RUNNING\n');
});
