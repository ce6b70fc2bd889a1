package dev.sluice.gateway.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class LlmdParametersTest {
    private static final Catalog CATALOG = Catalog.onClassPath();

    @Test
    void whatIsTreatedOtherwiseIsNoParameterOfItsType() {
        LlmdParameters.odd()
                .forEach((type, rows) -> assertThat(Arrays.stream(CATALOG.find(type)
                                        .orElseThrow()
                                        .config()
                                        .getRecordComponents())
                                .map(RecordComponent::getName))
                        .as("a row of %s that nothing reaches", type)
                        .doesNotContainAnyElementsOf(rows.keySet()));
    }
}
