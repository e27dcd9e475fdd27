package fake

// NewMemory is the store that a Server has of its own, for tests of what stores have in common.
func NewMemory() Store { return &memory{} }

// MostStored is how many values it takes.
const MostStored = mostStored
