package dev.sluice.gateway.extproc;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.syntax.ArchRuleDefinition;
import io.grpc.ServerCall;
import org.junit.jupiter.api.Test;

/** Helidon's types stay in the listener, and nobody asks for messages by hand: Helidon loses such credits. */
class ExtProcRulesTest {
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("dev.sluice.gateway.extproc");

    @Test
    void nobodyControlsTheFlowOfMessagesByHand() {
        noClasses()
                .should()
                .callMethodWhere(com.tngtech.archunit.base.DescribedPredicate.describe(
                        "disables auto requests or requests messages",
                        call -> call.getName().startsWith("disableAuto")
                                || (call.getName().equals("request")
                                        && call.getTargetOwner().isAssignableTo(ServerCall.class))))
                .check(CLASSES);
    }

    @Test
    void helidonStaysInTheListener() {
        ArchRuleDefinition.noClasses()
                .that()
                .haveSimpleNameNotStartingWith("GrpcListener")
                .and()
                .haveSimpleNameNotStartingWith("LiveConnections")
                .and()
                .haveSimpleNameNotStartingWith("LiveStream")
                .and()
                .haveSimpleNameNotStartingWith("FrameContext")
                .and()
                .haveSimpleNameNotStartingWith("ExtProcServer")
                .and()
                .areTopLevelClasses()
                .should()
                .dependOnClassesThat(resideInAnyPackage("io.helidon.."))
                .check(CLASSES);
    }

    @Test
    void theProtocolKnowsNothingOfPools() {
        noClasses()
                .should()
                .dependOnClassesThat(resideInAnyPackage(
                        "dev.sluice.core..", "dev.sluice.spi..", "dev.sluice.gateway.config..", "dev.sluice.gateway"))
                .check(CLASSES);
    }
}
