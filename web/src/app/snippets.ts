/** The first lines of logging, for those who have no runs yet. */
export interface Snippet {
  id: string;
  label: string;
  code: (logdir: string) => string;
}

export const snippets: readonly Snippet[] = [
  {
    id: "pytorch",
    label: "PyTorch",
    code: (logdir) => `from epochal import SummaryWriter

with SummaryWriter(${quote(`${logdir}/run1`)}) as writer:
    for step, batch in enumerate(loader):
        loss = train(batch)
        writer.add_scalar("loss", loss, step)`,
  },
  {
    id: "keras",
    label: "Keras",
    code: (logdir) => `import epochal.keras

callback = epochal.keras.TensorBoard(log_dir=${quote(`${logdir}/run1`)})
model.fit(x, y, epochs=10, callbacks=[callback])`,
  },
  {
    id: "jax",
    label: "JAX",
    code: (logdir) => `from epochal import SummaryWriter

writer = SummaryWriter(${quote(`${logdir}/run1`)})
for step in range(1000):
    params, loss = update(params, next(batches))
    writer.add_scalar("loss", loss, step)  # a jax.Array is fine`,
  },
];

/** A Python string literal, raw where a Windows path would be full of escapes. */
function quote(text: string): string {
  return text.includes("\\") ? `r"${text.replaceAll("/", "\\")}"` : JSON.stringify(text);
}
