package dev.sluice.core;

/**
 * A part whose answer can't be had again, because it depends on more than the placement: on code that may fail, be late or
 * look at things of its own. It is asked once per decision; its answer is kept in the decision's {@link Votes}, and
 * whoever makes the decision again is given that answer and does not call it.
 */
public interface OnceAsked {}
