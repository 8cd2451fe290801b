/** Which parts of the shell are open. Neither content nor taste: nothing of it is in the address or stored. */

class Ui {
  palette = $state(false);
  help = $state(false);
  settings = $state(false);
  problems = $state(false);
  views = $state(false);
  /** The run panel over the page, in narrow windows. */
  drawer = $state(false);
  narrow = $state(false);
  /** Not every tab has room in the top bar: what can be smaller there is. */
  tight = $state(false);
  /** The first page shows its first data, takes long, or there is none: what is beside it need not wait any more. */
  pageThere = $state(false);
}

export const ui = new Ui();
