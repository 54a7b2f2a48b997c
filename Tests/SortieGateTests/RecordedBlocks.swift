let recordedBlocks: [(a: [UInt64], b: [UInt64])] = [([1, 2], [1, 2])]
