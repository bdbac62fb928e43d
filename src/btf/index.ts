/** Room `btf`. */
export { Btf } from './btf.ts';
