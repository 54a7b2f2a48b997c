import SortieAnalysis
import SortieGate

/// How the variants of a comparison were measured, as its JSON says it.
struct ExperimentDocument: Encodable, Sendable {
  var comparison: String
  var operation: String
  var seed: UInt64
  var blocks: Int
  var seconds: Double
  var isInterrupted: Bool
  var conditions: [AttributeDocument]
  var variants: [VariantDocument]
  var leftOut: [LeftOutDocument]
  var disagreements: [DisagreementDocument]
  var wrongTransfers: [WrongTransferDocument]
  var effects: [EffectDocument]

  init(_ experiment: VariantExperiment, _ comparison: TraceComparison) {
    self.comparison = experiment.comparison
    operation = experiment.operation
    seed = experiment.seed
    blocks = experiment.blocks
    seconds = experiment.seconds
    isInterrupted = experiment.isInterrupted
    conditions = experiment.conditions.sorted { $0.key < $1.key }.map {
      AttributeDocument(name: $0.key, value: $0.value)
    }
    variants = experiment.variants.enumerated().map { index, variant in
      VariantDocument(
        variant, index < comparison.sides.count ? comparison.sides[index].figures(of: nil) : nil)
    }
    leftOut = experiment.leftOut.map {
      LeftOutDocument(name: $0.name, reason: $0.reason, isUnsupported: $0.isUnsupported)
    }
    disagreements = experiment.disagreements.map(DisagreementDocument.init)
    wrongTransfers = experiment.wrongTransfers.map {
      WrongTransferDocument(variant: $0.variant, problem: $0.problem)
    }
    effects = experiment.effects.map(EffectDocument.init)
  }
}

struct VariantDocument: Encodable, Sendable {
  var name: String
  var command: [String]
  var prediction: String
  var predictedHeavy: RangeDocument
  @OrNull var predictedLight: RangeDocument?
  @OrNull var isAsPredicted: Bool?
  var kernelEvents: [EventRateDocument]
  var blockCycles: [[UInt64]]

  init(_ variant: MeasuredVariant, _ run: RunFigures?) {
    name = variant.name
    command = variant.command
    prediction = variant.prediction
    predictedHeavy = RangeDocument(variant.heavy)
    predictedLight = variant.light.map(RangeDocument.init)
    isAsPredicted = run.flatMap { variant.isAsPredicted($0) }
    kernelEvents = variant.kernelEvents.sorted { $0.key < $1.key }.map {
      EventRateDocument(event: $0.key, perOperation: $0.value)
    }
    blockCycles = variant.cycles
  }
}

struct EventRateDocument: Encodable, Sendable {
  var event: String
  var perOperation: Double
}

struct RangeDocument: Encodable, Sendable {
  var least: Double
  var most: Double

  init(_ range: ClosedRange<Double>) { (least, most) = (range.lowerBound, range.upperBound) }
}

struct LeftOutDocument: Encodable, Sendable {
  var name: String
  var reason: String
  var isUnsupported: Bool
}

struct WrongTransferDocument: Encodable, Sendable {
  var variant: String
  var problem: String
}

struct DisagreementDocument: Encodable, Sendable {
  struct Value: Encodable, Sendable {
    @OrNull var value: String?
    var variants: [String]
  }

  var output: String
  var values: [Value]

  init(_ disagreement: OutputDisagreement) {
    output = disagreement.output
    values = disagreement.values.map { Value(value: $0.value, variants: $0.variants) }
  }
}

struct EffectDocument: Encodable, Sendable {
  var variant: String
  var base: String
  @OrNull var ratio: Double?
  @OrNull var low: Double?
  @OrNull var high: Double?
  var confidence = VariantEffect.confidence
  @OrNull var pValue: Double?
  var isReal: Bool
  var blocks: Int
  @OrNull var couldSee: Double?
  @OrNull var obstacle: String?

  init(_ effect: VariantEffect) {
    variant = effect.variant
    base = effect.base
    ratio = effect.ratio
    low = effect.low
    high = effect.high
    pValue = effect.pValue
    isReal = effect.isReal
    blocks = effect.blocks
    couldSee = effect.couldSee
    obstacle = effect.obstacle
  }
}
