package dev.sluice.core.flow;

/**
 * llm-d's {@code soft-reflective-ceiling-policy} ({@code endpoint-picker.md} 7): the i-th of N bands, from 0, has the ceiling
 * {@code 1 - i * S / (N - 1)}. A band at or over its ceiling is open in one look of every {@code max(1, round(S / (1 - S)))} and closed
 * in the others, one count of looks for all; from S = 1 on it is closed. The first band's ceiling is always 1. Counts its looks,
 * so each pool has its own.
 */
public final class SoftReflective implements Ceilings {
    private long looks;

    @Override
    public double[] of(double saturation, int[] priorities) {
        looks++;
        int n = priorities.length;
        double[] ceilings = new double[n];
        for (int i = 0; i < n; i++) {
            double soft = i == 0 || Double.isNaN(saturation) ? 1 : 1 - i * saturation / (n - 1.0);
            ceilings[i] = i == 0 || saturation < soft ? soft : open(saturation) ? 1 : 0;
        }
        return ceilings;
    }

    private boolean open(double saturation) {
        return saturation < 1 && looks % Math.max(1, Math.round(saturation / (1 - saturation))) == 0;
    }
}
