//go:build race

package fake_test

const raceDetector = true // sizes are smaller under it
