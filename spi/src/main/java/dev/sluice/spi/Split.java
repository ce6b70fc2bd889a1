package dev.sluice.spi;

/**
 * Where a prompt is computed and where its answer is generated.
 *
 * @param prefill index of a prefill candidate, or -1 when the decode candidate computes the prompt itself
 * @param decode index of a decode candidate
 * @param splitMs what the best pair was predicted to cost, ms; NaN when nobody predicted it
 * @param wholeMs what the best decode candidate alone was predicted to cost, ms; NaN when nobody predicted it
 */
public record Split(int prefill, int decode, double splitMs, double wholeMs) {}
