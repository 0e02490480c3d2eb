/** X */
declare function t1<A extends unknown[], R>(o: { key?: boolean | ((...args: NoInfer<A>) => string) }, h: (...args: A) => R): (...args: A) => R;
const a = t1({ key: (id: string) => id }, (id: string, n: number) => `${id} ${n}`);
export const r: string = a("x", 1);
const b = t1({ key: (id) => id }, (id: string, n: number) => `${id} ${n}`);
export const r2: string = b("x", 1);
declare function t2<A extends unknown[], R>(o: { key?: boolean | ((...args: [...NoInfer<A>]) => string) }, h: (...args: A) => R): (...args: A) => R;
const a2 = t2({ key: (id: string) => id }, (id: string, n: number) => `${id} ${n}`);
export const r3: string = a2("x", 1);
const b2 = t2({ key: (id) => id }, (id: string, n: number) => `${id} ${n}`);
export const r4: string = b2("x", 1);
declare function t3<A extends unknown[], R, H extends (...args: any[]) => R>(o: { key?: boolean | ((...args: Parameters<H>) => string) }, h: H & ((...args: A) => R)): (...args: A) => R;
const a3 = t3({ key: (id: string) => id }, (id: string, n: number) => `${id} ${n}`);
export const r5: string = a3("x", 1);
