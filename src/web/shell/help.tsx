import { Modal } from '@mantine/core';
import type { JSX } from 'react';
import { SHORTCUTS } from './keys.ts';

export function HelpDialog({ opened, onClose }: { opened: boolean; onClose: () => void }): JSX.Element {
  const groups = Object.entries(Object.groupBy(SHORTCUTS, (s) => s.where));
  return (
    <Modal opened={opened} onClose={onClose} title={<strong>Keyboard</strong>} size="md">
      <div className="stack">
        {groups.map(([where, shortcuts]) => (
          <section key={where}>
            <h3 className="faint" style={{ marginBottom: 4 }}>
              {where}
            </h3>
            <table className="list">
              <tbody>
                {(shortcuts ?? []).map((s) => (
                  <tr key={s.keys}>
                    <td style={{ width: 150 }}>
                      <kbd>{s.keys}</kbd>
                    </td>
                    <td>{s.does}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </section>
        ))}
      </div>
    </Modal>
  );
}
