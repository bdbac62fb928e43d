import type { Work } from '../work.ts';
import type { Workspace } from '../workspace.ts';
import type { AstNode, OwnText } from './ast.ts';
import { Edits } from './edits.ts';
import { wrapReads } from './reads.ts';

/**
 * Changes what clang will compile: reads of kernel memory that the verifier would refuse go through a helper. Where a macro
 * of the program brings such a read, all macros are expanded first.
 *
 * @param run runs clang. @throws CompileError for errors in the text, as compiling it would.
 */
export function* rewriteReads(workspace: Workspace, run: Workspace['run']): Work<void> {
  if (yield* tryRewrite(workspace, run)) return;
  const { stdout } = yield* run(['-E']);
  workspace.replaceCode({ before: '#include <ringtail/read.h>\n', text: stdout });
  yield* tryRewrite(workspace, run);
}

function* tryRewrite(workspace: Workspace, run: Workspace['run']): Work<boolean> {
  const { stdout } = yield* run(['-fsyntax-only', '-Xclang', '-ast-dump=json']);
  const { code } = workspace;
  const edits = new Edits(code.text);
  if (!wrapReads(JSON.parse(stdout) as AstNode, ownText(workspace), edits)) return false;
  const { text, sourceOffset } = edits.apply();
  const before = code.sourceOffset;
  workspace.replaceCode({
    ...code,
    text,
    ...(before === undefined ? {} : { sourceOffset: (offset) => before(sourceOffset(offset)) }),
  });
  return true;
}

function ownText({ code, codeHead, codePath }: Workspace): OwnText {
  // In expanded text the program's own begins where its name is told first.
  const name = codeHead.split('\n').at(-2)!.replace('#line', '#');
  const start = code.sourceOffset === undefined ? code.text.indexOf(`\n${name}\n`) + 1 : 0;
  return { file: codePath, text: code.text, head: codeHead, start };
}
