/** Configuration of the command line "rl"; "rl config show" prints all of it. */
export default {
  worker: { modules: ["./src/tasks.ts"], queues: ["default"], concurrency: 10 },
};
