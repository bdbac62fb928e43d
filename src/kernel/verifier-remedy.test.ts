import assert from 'node:assert/strict';
import test from 'node:test';
import { verifierRemedy } from './verifier-remedy.ts';

/** What kernels from 5.8 to 6.18 say, by a word of what helps. */
const SAID: readonly (readonly [RegExp, readonly string[]])[] = [
  [
    /may be NULL/,
    [
      "R0 invalid mem access 'map_value_or_null'",
      "R1 invalid mem access 'ptr_or_null_task_struct'",
      'R0 pointer arithmetic on map_value_or_null prohibited, null-check it first',
      'R3 type=map_value_or_null expected=fp, pkt, map_value',
      'Possibly NULL pointer passed to trusted arg0',
    ],
  ],
  [/bpf_probe_read_kernel/, ["R0 invalid mem access 'scalar'", "R6 invalid mem access 'inv'"]],
  [
    /Submit or discard/,
    [
      'Unreleased reference id=2 alloc_insn=3',
      'BPF_EXIT instruction in main prog would lead to reference leak',
    ],
  ],
  [
    /Bound each loop/,
    [
      'BPF program is too large. Processed 1000001 insn',
      'infinite loop detected at insn 2',
      'back-edge from insn 7 to 2',
      'The sequence of 8193 jumps is too complex.',
    ],
  ],
  [/Dual BSD\/GPL/, ['cannot call GPL-restricted function from non-GPL compatible program']],
  [
    /both ends/,
    [
      'R0 unbounded memory access, make sure to bounds check any such access',
      "R3 unbounded memory access, use 'var &= const' or 'if (var < const)'",
      'R0 min value is outside of the allowed memory range',
      'R1 offset is outside of the packet',
      'value -2147483648 makes map_value pointer be out of bounds',
      'invalid access to map value, value_size=8 off=8 size=8',
      'invalid access to packet, off=0 size=1, R1(id=0,off=0,r=0)',
      "R2 min value is negative, either use unsigned or 'var &= const'",
      'math between map_value pointer and register with unbounded min value is not allowed',
      'R6 is ptr_task_struct invalid variable offset: off=1752, var_off=(0x0; 0x3f)',
    ],
  ],
  [
    /= \{\}/,
    [
      'R8 !read_ok',
      'invalid read from stack R2 off -16+1 size 16',
      'invalid indirect read from stack off -16+1',
    ],
  ],
  [/512 bytes of stack/, ['combined stack size of 2 calls is 704. Too large']],
  [
    /ringtail helpers NAME/,
    ['program of this type cannot use helper bpf_skb_load_bytes#26', 'unknown func bpf_skb_load_bytes#26'],
  ],
  [/declare it as the type/, ['invalid bpf_context access off=160 size=4']],
  [
    /between the brackets/,
    [
      'At program exit the register R0 has smin=7 smax=7 should have been in [0, 3]',
      'At program exit the register R0 has value (0x7; 0x0) should have been in (0x0; 0x1)',
    ],
  ],
  [/Give the function/, ['R1 type=scalar expected=fp, pkt, map_value', 'R2 type=inv expected=fp']],
  [/ends at the instruction/, ['only read is supported', 'the verifier gave no reason']],
];

test('what the verifier says of common mistakes has a remedy, and everything leads to the log', () => {
  for (const [remedy, sayings] of SAID) {
    for (const said of sayings) {
      assert.match(verifierRemedy(said), remedy, said);
      assert.match(verifierRemedy(said), /error\.log.*--verbose/, said);
    }
  }
});
